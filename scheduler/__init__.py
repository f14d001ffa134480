"""The timetable, the sweeps and the sender."""

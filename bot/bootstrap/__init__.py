"""Puts the rooms of the house together from the settings, and takes them apart again in the right order."""

from bot.bootstrap.house import House, calm_the_collector, open_house, spool_name
from bot.bootstrap.links import form_link
from bot.bootstrap.own_accounts import usable_accounts
from bot.bootstrap.rooms import Rooms, open_rooms
from bot.bootstrap.way_out import make_sender, sweep_parts

__all__ = [
    "House",
    "Rooms",
    "calm_the_collector",
    "form_link",
    "make_sender",
    "open_house",
    "open_rooms",
    "spool_name",
    "sweep_parts",
    "usable_accounts",
]

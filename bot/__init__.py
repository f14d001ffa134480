"""Giọt Hồng: a chatbot that helps a trade-union federation mobilise its members to give blood."""

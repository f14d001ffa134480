"""aiohttp: webhooks, the chat, donor pages, the console, health and metrics."""

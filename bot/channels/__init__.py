"""One module per platform: receive(request) is pure, send() is one platform call."""

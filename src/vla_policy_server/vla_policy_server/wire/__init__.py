"""openpi's websocket and msgpack: codec, client, server."""

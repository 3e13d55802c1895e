"""GR00T's protocol: ZMQ requests of MessagePack with arrays in numpy's file format."""

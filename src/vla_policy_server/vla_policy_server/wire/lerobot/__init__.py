"""The gRPC protocol of LeRobot's asynchronous policy server, whose messages are pickles."""

"""Networks as ONNX graphs, and what runs them."""

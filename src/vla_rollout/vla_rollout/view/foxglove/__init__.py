"""A recorded episode for Foxglove: what it needs beside the recording, and a layout."""

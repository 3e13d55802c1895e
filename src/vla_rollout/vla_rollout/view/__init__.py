"""A recorded episode in Rerun and Foxglove, and as a video with its paths drawn in."""

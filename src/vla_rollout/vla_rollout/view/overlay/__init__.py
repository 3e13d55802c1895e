"""A recorded episode as a video of one camera, with what was planned and sent drawn into it."""

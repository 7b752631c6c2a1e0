"""Line-API building blocks, drawn cell by cell so that only what changed is sent to the terminal."""

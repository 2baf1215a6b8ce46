"""What metrics say of a version that is being deployed: asked for again and again, judged without blame for what is missing."""

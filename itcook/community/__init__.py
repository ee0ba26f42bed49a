"""What people do with each other: posts, likes, comments, follows."""

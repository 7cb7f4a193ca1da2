"""Letters: editions, headers and MIME on the way out, replies and bounces on the way in."""

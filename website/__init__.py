"""Parts of the documentation's site that are made when it is built."""

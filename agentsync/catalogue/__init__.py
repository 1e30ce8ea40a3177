"""The catalogue of a registry: a folder of static files, made from its refs and trees."""

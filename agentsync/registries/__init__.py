"""The packs that repositories offer: lists, marketplaces, needs, and notes of earlier answers."""

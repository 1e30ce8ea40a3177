"""What repositories offer: offers, marketplaces, needs, and the memories of what was asked before."""

"""How long things take, as ratios within one run. Nothing is asserted; what is printed was measured."""

"""Who and where: organisations, people and their roles, territories, Bulles and their seven stages."""

"""The contracts: every fact that one service tells the others, one module per noun."""

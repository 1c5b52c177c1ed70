"""How each network is trained: one recipe a file. The machinery is `sr_demo.training`."""

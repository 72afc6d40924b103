"""A portal to try: fictional people, a model trained on synthetic rows, cases in every state."""

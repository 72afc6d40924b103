"""Counter-offers: other terms than asked for, judged by the model and policy that judged the request."""

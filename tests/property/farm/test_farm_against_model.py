"""Random lives of a staking farm, on a chain and in the model, until 100,000 steps have changed its state."""


def test_farm__random_lives__equals_the_model_after_every_step_and_keeps_its_invariants(require_lives):
    require_lives("farm")

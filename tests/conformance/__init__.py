"""What every driver must do, as classes of tests that a driver's own test module inherits.

class TestOvnRules(RulesConformance):        the pure half: no backend
    rules = RULES

class TestOvnBackend(BackendConformance):    a real backend
    @pytest.fixture
    def site(self, ...) -> Iterator[Site]: ...
"""

"""How far an interval of a level reaches, in standard errors."""

from statistics import NormalDist

from selfexplain.errors import InputError


def normal_quantile(level: float) -> float:
    """Return z with P(|Z| ≤ z) = level for a standard normal Z."""
    return NormalDist().inv_cdf((1 + checked_level(level)) / 2)


def t_quantile(level: float, df: int) -> float:
    """Return t with P(|T| ≤ t) = level for Student's T."""
    from scipy.special import stdtrit  # noqa: PLC0415 - a tenth of the import time of scipy.stats

    return float(stdtrit(df, (1 + checked_level(level)) / 2))


def checked_level(level: float) -> float:
    """Return the level of an interval, or say why it is none."""
    if not 0 < level < 1:
        raise InputError(f"`level` is {level}; expected a number between 0 and 1", hint="95 % is level=0.95")
    return level

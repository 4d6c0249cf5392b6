"""Independent looks at what moved an answer: each takes a model, a text, an answer and units, and gives Evidence.

Those that end in `_asked` look from outside: they take `ask: Request → Response` and an [Inquiry](inquiry.py), and
work on any model. For the others the model is a [WhiteBox](../white_box.py);
`selfexplain.providers.inside.look_inside` opens one.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selfexplain.witnesses.asked_occlusion import occlusion_asked
    from selfexplain.witnesses.asked_shapley import shapley_asked
    from selfexplain.witnesses.attention_maps import attention, attention_last_layer
    from selfexplain.witnesses.attention_norms import attention_norm
    from selfexplain.witnesses.attention_slopes import attention_saliency
    from selfexplain.witnesses.attention_through_layers import attention_rollout
    from selfexplain.witnesses.coalitions import shapley
    from selfexplain.witnesses.gradient_norms import saliency
    from selfexplain.witnesses.gradient_products import gradient_input
    from selfexplain.witnesses.leave_one_out import occlusion
    from selfexplain.witnesses.path_integrals import integrated_gradients

HOMES = {
    "attention": "attention_maps",
    "attention_last_layer": "attention_maps",
    "attention_norm": "attention_norms",
    "attention_rollout": "attention_through_layers",
    "attention_saliency": "attention_slopes",
    "gradient_input": "gradient_products",
    "integrated_gradients": "path_integrals",
    "occlusion": "leave_one_out",
    "occlusion_asked": "asked_occlusion",
    "saliency": "gradient_norms",
    "shapley": "coalitions",
    "shapley_asked": "asked_shapley",
}

__all__ = [
    "attention",
    "attention_last_layer",
    "attention_norm",
    "attention_rollout",
    "attention_saliency",
    "gradient_input",
    "integrated_gradients",
    "occlusion",
    "occlusion_asked",
    "saliency",
    "shapley",
    "shapley_asked",
]


def __getattr__(name: str) -> Any:
    if name in HOMES:  # numpy comes with them
        return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

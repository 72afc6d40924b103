"""The full drift report as one HTML file; the only module that meets evidently.

It draws; it does not judge: it bins the reference anew with each current window and calls five drifted columns of
sixty "no drift". The alarms are ours (``monitoring.measures``). Import it in a worker only: it takes seconds.
"""

import os
import warnings

from monitoring.samples import Samples

os.environ["DO_NOT_TRACK"] = "1"  # its usage statistics must never leave a lender's network
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from evidently import DataDefinition, Dataset, Report, __version__
    from evidently.presets import DataDriftPreset, DataSummaryPreset

LIBRARY = f"evidently {__version__}"


def drift_report_html(samples: Samples) -> str:
    """Self-contained: script, fonts and data are inside, nothing is fetched."""
    definition = DataDefinition(numerical_columns=list(samples.numbers), categorical_columns=list(samples.categories))
    current, reference = (
        Dataset.from_pandas(frame, data_definition=definition) for frame in (samples.current, samples.reference)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        snapshot = Report([DataDriftPreset(), DataSummaryPreset()]).run(current, reference)
        return str(snapshot.get_html_str(as_iframe=False))

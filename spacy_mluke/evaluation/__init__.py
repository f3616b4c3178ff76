"""The tasks and analyses of the paper: metrics, reports."""

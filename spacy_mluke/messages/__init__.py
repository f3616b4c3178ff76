"""The texts of errors and warnings, a module for each part of the package; see `errors`."""

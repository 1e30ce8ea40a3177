"""The folder that is put on the path of a Python that shall lack something: see `sitecustomize`."""

"""What a person sees at ``/``: the state of the cluster in one page; it measures nothing, and changes nothing.

- `views`: the parts of the page as values
"""

"""SMS gateways behind one port: what each is told and how its answers are read, and which of them is asked now.

Import from the modules: `plans` is what settings know, `opening` makes gateways from settings.
"""

"""The story of one month: a region's partners, clients and desks, played against the running platform."""

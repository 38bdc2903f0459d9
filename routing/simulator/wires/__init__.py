"""The providers' wire formats: each module reads requests and writes replies in one of them."""

"""A database backend, in the form that DATABASES["ENGINE"] names one."""

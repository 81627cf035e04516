----
type=TRUSTED_APP msg=audit(11/14/23 22:15:00.000:4) : pid=1 uid=0 auid=0 ses=1 msg=

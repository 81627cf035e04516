----
node=mynode type=DAEMON_ROTATE msg=audit(11/23/26 18:47:49.446:2783) : op=rotate-logs auid=root uid=root ses=unset pid=14863 res=success 
----
node=mynode type=DAEMON_CONFIG msg=audit(11/23/26 18:47:51.956:9482) : op=reconfigure state=changed auid=root pid=14863 subj=? res=success 
----
node=mynode type=DAEMON_RESUME msg=audit(11/23/26 18:47:52.957:2784) : op=resume-logging auid=root uid=root ses=unset pid=14863 res=success 
----
node=mynode type=DAEMON_END msg=audit(11/23/26 18:47:53.959:2785) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 

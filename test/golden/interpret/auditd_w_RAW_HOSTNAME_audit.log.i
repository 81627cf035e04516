----
node=vm type=DAEMON_ROTATE msg=audit(11/23/26 18:47:56.650:8370) : op=rotate-logs auid=root uid=root ses=unset pid=14863 res=success 
----
node=mynode type=DAEMON_CONFIG msg=audit(11/23/26 18:47:59.157:3565) : op=reconfigure state=changed auid=root pid=14863 subj=? res=success 
----
node=mynode type=DAEMON_RESUME msg=audit(11/23/26 18:48:00.159:8371) : op=resume-logging auid=root uid=root ses=unset pid=14863 res=success 
----
node=mynode type=DAEMON_END msg=audit(11/23/26 18:48:01.162:8372) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 

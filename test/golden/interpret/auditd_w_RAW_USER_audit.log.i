----
node=mynode type=DAEMON_ROTATE msg=audit(11/23/26 18:47:42.228:1182) : op=rotate-logs auid=root uid=root ses=unset pid=14863 res=success 
----
node=mynode type=DAEMON_CONFIG msg=audit(11/23/26 18:47:44.737:3502) : op=reconfigure state=changed auid=root pid=14863 subj=? res=success 
----
node=mynode type=DAEMON_RESUME msg=audit(11/23/26 18:47:45.739:1183) : op=resume-logging auid=root uid=root ses=unset pid=14863 res=success 
----
node=mynode type=DAEMON_END msg=audit(11/23/26 18:47:46.741:1184) : op=terminate auid=root uid=root ses=unset pid=14863 res=success 

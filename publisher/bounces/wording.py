"""What servers say when they refuse a mail, as patterns.  Decides nothing: see reasons.py.

Tried in this order; the narrow stands before the broad.  Within a reason, one pattern a line, or
several with | between them.  Gathered from RFC 5248, from the error pages of the big receivers and
from what Postfix, Exim, qmail, sendmail and Exchange print.
"""

from publisher.model.bounces import Reason

WORDS: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (
        Reason.REFUSED,  # Exchange: the reader's house lets nobody write from outside
        (r"sendernotauthenticatedfor|resolver\.rst\.(?:authrequired|notauthorized)",),
    ),
    (
        Reason.BLOCKED,  # of our sender's address, whatever else is said of a user
        (
            r"sender (?:address )?verif(?:y|ication)|verification failed for @",
            r"sender(?:'s)? (?:e?-?mail )?address rejected",
            r"blocked from sending",
        ),
    ),
    (
        Reason.AUTHENTICATION,
        (
            r"sender(?:'s)? (?:address|domain)\b.{0,60}(?:null ?mx|not accept (?:e?-?)mail)",
            r"(?:domain of sender|sender's|mail from).{0,40}null ?mx",
        ),
    ),
    (
        Reason.AUTHENTICATION,
        (
            r"\bspf\b.{0,60}(?:fail|not|reject|check|record|invalid)",
            r"(?:fail|violat)\w*.{0,40}\bspf\b",
            r"\bdkim\b.{0,60}(?:fail|invalid|not|missing|reject)",
            r"\bdmarc\b",
            r"unauthenticated (?:e-?mail|mail)",
            r"(?:message|mail|sender|domain).{0,40}(?:not|un)\s?-?authenticat",
            r"authentication (?:check|level|requirement|failed|information)",
            r"required authentication",
            r"not pass(?:ed)? authentication",
            r"reverse dns|\bptr\b|\brdns\b|in-?addr\.arpa|reverse (?:name|lookup|mapping)",
            r"no (?:reverse|ptr)|cannot find your (?:reverse )?hostname",
            r"unresolvable (?:ip|hostname)",
            r"domain key",
        ),
    ),
    (
        Reason.MAILBOX_FULL,
        (
            (
                r"(?:mail ?box|inbox|account|user|quota|disk"
                r"|mailfolder)\W{1,3}(?:\w+\W+){0,4}(?:is |are |has |now )*(?:full|exceeded"
                r"|over(?: the)? ?(?:quota|limit|size|storage))"
            ),
            r"over (?:the )?(?:\w+ )?quota|quota (?:is )?(?:exceed|full|violation|problem)",
            r"overquota",
            r"exceed(?:s|ed|ing)?.{0,30}\b(?:quota|storage|allocation|mailbox|local limit)",
            (
                r"(?:insufficient|not enough|no|out of|too little).{0,20}\b(?:mailbox |disk "
                r"|system )?(?:storage|space)\b.{0,25}(?:mailbox|user|recipient|account|quota"
                r"|left)?"
            ),
            r"full mail ?box|mailbox (?:size )?(?:limit|exceed)",
            r"maildir (?:delivery failed: )?over",
            r"not able to accept.{0,40}(?:over|full)|receiving.{0,20}over.?quota",
            r"переполнен|превышен\w* (?:квот|размер)|квота",
            r"メールボックス.{0,20}(?:容量|いっぱい)|容量(?:を)?(?:超|オーバー)",
            r"bo[iî]te .{0,20}pleine|buz[oó]n .{0,20}lleno|postfach .{0,20}voll",
        ),
    ),
    (
        Reason.TAKES_NO_MAIL,
        (
            r"null ?mx|does not accept (?:any )?(?:e-?)?mail|accepts? no mail|no smtp service",
            r"not accepting network messages",
            r"nullmx|do(?:es)? ?n[o']t accept mail from (?:the )?internet",
            (
                r"(?:domain|host|server) .{0,40}(?:not|never) (?:accept|receiv)\w* (?:e?-?mail"
                r"|messages)"
            ),
        ),
    ),
    (
        Reason.RELAYING,
        (
            r"\brelay(?:ing)?\b.{0,40}(?:denied|not (?:permitted|allowed)|prohibited|disabled)",
            r"(?:unable|not (?:allowed|permitted)|refus\w+|cannot|don't) (?:to )?relay",
            r"not (?:a )?local host|not a gateway|no relaying|insecure mail relay",
            r"that domain isn't in my list of allowed rcpthosts|\brcpthosts\b",
        ),
    ),
    (
        Reason.TOO_BIG,
        (
            (
                r"(?:message|mail|size|length)\b.{0,40}(?:too (?:big|large)"
                r"|exceeds?.{0,20}(?:fixed |maximum|size|limit))"
            ),
            r"(?:maximum|max) (?:message|mail|allowed) ?(?:file )?size|size limit exceed",
            r"too large",
            r"mail size limit|larger than",
        ),
    ),
    (
        Reason.CONTENT,
        (
            r"\bvirus\b|\bmalware\b|infected|trojan|\bworm\b",
            r"attachment|blocked extension|executable|improper (?:use|mime)",
            r"mime.{0,20}(?:error|invalid|malformed)",
            r"message format|header (?:error|is missing|not)|not (?:rfc|compliant)",
            r"rfc ?5?[28]22.{0,20}(?:violat|compl)",
            r"too many (?:unencoded|bad|hops)|8-?bit.{0,20}not (?:supported|allowed)",
        ),
    ),
    (
        Reason.SYSTEM,
        (
            (
                r"(?:procmail|maildrop|deliver|local).{0,20}(?:couldn't|can't|could not"
                r"|cannot) (?:create|open)"
            ),
        ),
    ),
    (
        Reason.REFUSED,
        (r"(?:^|\s)55\d:? : user unknown",),
    ),
    (
        Reason.USER_UNKNOWN,
        (
            (
                r"(?:user|recipient(?: name)?|mailbox|account|address|addressee|alias|customer"
                r"|e-?mail)\b.{0,60}?(?:\bunknown|does(?:n't| not) exist|do not exist"
                r"|not (?:found|exist|known|recogni[sz]ed|listed|registered|valid)|n't exist"
                r"|is invalid|no longer (?:exists|on server|available here|valid)"
                r"|could not be found|couldn't be found|can(?:no|')t be found|is not a (?:valid"
                r"|known)|isn't here|undeliverable)"
            ),
            (
                r"(?:no such|unknown|invalid|nonexistent|non-existent|unrouteable|bad|not a valid"
                r"|not an existing|no valid).{0,20}(?:user|recipient|mailbox|account|address"
                r"|addressee|local part|destination|login|person|receiver|alias|rcpt)"
            ),
            (
                r"no (?:mailbox|account|user|one|person|recipient)s? (?:here |with |by |has "
                r"|exists? |known )?.{0,20}(?:name|here|exists|found|such|address)"
            ),
            r"does ?n[o']t have an? .{0,30}account|i have no such user|don't have that address",
            r"no user\b",
            r"there is no one at this address|no account by that name",
            r"vdeliver: invalid or unknown",
            (
                r"(?:not|isn't|unable).{0,20}(?:our|local|in my).{0,15}(?:customer|user|recipient"
                r"|control)"
            ),
            r"resolver\.adr\.\w*not ?found|recipnotfound|badrecipient|unknown user|user unknown",
            r"rcpt.{0,10}not exist",
            r"address (?:rejected|error).{0,40}(?:unknown|exist)",
            r"recipient address rejected(?:\.|$|: access denied)|mailbox unavailable",
            r"check if address is correct|\bno such (?:\w+ )?(?:here|person)",
            r"нет такого|не существует|не найден|неизвестн\w+ (?:пользоват|получат|адрес)",
            r"неверн\w+ адрес",
            r"adresse .{0,40}(?:inconnue|inexistante|erron)",
            r"destinatario .{0,30}(?:desconocido|inexistente)",
            r"empf[aä]nger .{0,30}unbekannt|ユーザー?.{0,80}(?:存在|見つか)",
            r"宛先.{0,12}(?:存在|見つか)",
            r"あて先.{0,12}(?:存在|見つか)",
        ),
    ),
    (
        Reason.DISABLED,
        (
            (
                r"(?:account|mailbox|user|recipient|address|inbox|e-?mail"
                r"|domain).{0,60}(?:disabled|suspended|inactive|deactivated|locked|expired|closed"
                r"|discontinued|blocked by admin|not active|is dormant|temporarily (?:disabled"
                r"|unavailable))"
            ),
            (
                r"(?:disabled|inactive|suspended|deactivated|expired) (?:account|mailbox|user"
                r"|recipient|address)"
            ),
            r"mailbox (?:is )?(?:currently |temporarily )?(?:unavailable due|frozen)",
            r"vacant account",
            r"unavailable .{0,20}inactivity|not been activated|заблокирован|отключ[её]н",
            r"недоступен",
        ),
    ),
    (
        Reason.MOVED,
        (
            r"(?:has|have) (?:been )?(?:moved|changed)|no longer (?:work|employ|at this)\w*",
            r"please use .{0,60}@",
            r"(?:moved|changed) (?:his|her|their|to)",
            r"address .{0,20}(?:was|is) (?:changed|replaced)",
        ),
    ),
    (
        Reason.HOST_UNKNOWN,
        (
            (
                r"(?:host|domain|name service|dns).{0,60}(?:not found|unknown|does(?:n't"
                r"| not) exist|nxdomain|no such|could not be (?:found|resolved))"
            ),
            (
                r"(?:unknown|unrouteable|no such|illegal|non-?existent|cannot find|unresolvable"
                r"|bad) (?:mail )?(?:host|domain|destination system)"
            ),
            r"(?:unrouteable|unroutable) (?:address|mail domain|domain)|no mx",
            r"\bmx\b.{0,20}not found",
            r"couldn'?t find (?:any|a|an) (?:mail exchanger|host|mx|ip|name)",
            r"name server.{0,40}(?:not|no)|no route to domain",
            r"host or domain name|all relevant mx records point to non-?existent",
            r"domain is not reachable",
        ),
    ),
    (
        Reason.BUSY,
        (
            (
                r"too (?:many|much).{0,50}(?:connection|session|message|mail|recipient|concurren"
                r"|request|error|command|fast)"
            ),
            r"(?:rate|connection|message|sending|submission).{0,30}(?:limit|throttl)|throttl",
            r"slow down|try again (?:more )?slow",
            r"too fast|unusual(?:ly high)? rate|receiving mail at a rate|resources temporarily",
            r"receiving mail too quickly",
            r"too busy|connection refused.{0,20}too",
            r"daily .{0,30}(?:limit|quota)|exceeded .{0,30}(?:per (?:hour|day|minute)|limit on)",
        ),
    ),
    (
        Reason.SPAM,
        (
            r"\bspam(?!haus|cop)|\bjunk\b|\bbulk mail|unsolicited|\bube\b|\buce\b",
            r"blacklisted url|\bsurbl|\buribl",
            r"bayes|content.{0,20}(?:reject|filter|block|unaccept)|suspicious|phish",
            r"looks like (?:bulk|an)",
            r"спам|mail rejete|mensagem rejeitada|pre-?accept policy|junkmail",
        ),
    ),
    (
        Reason.BLOCKED,
        (
            r"black ?-?list|block ?-?list|\brbl\b|\bdnsbl|spamhaus|spamcop|barracuda|sorbs",
            r"senderbase|sender ?score|cloudmark|proofpoint",
            r"sender .{0,40}(?:reject|refus|not (?:allowed|valid))|@ sender rejected",
            r"reputation|poor .{0,20}(?:sender|ip)",
            (
                r"(?:your|client|sender|source|from|the|this) ?(?:ip|host|network|server"
                r"|domain)?.{0,40}\b(?:is|was|been|are) (?:temporarily )?(?:blocked|banned|listed"
                r"|refused|denied)"
            ),
            (
                r"(?:blocked|banned|refused|rejected|denied).{0,40}\b(?:ip|host|server|network"
                r"|sending mail)"
            ),
            r"invalid ip for sending",
            r"messages? from .{0,40}(?:weren't sent|not sent|blocked|rejected|refused)",
            r"not (?:allowed|authori[sz]ed|permitted) to (?:connect|send)",
            r"\bhelo\b|\behlo\b|client host rejected",
            r"connection (?:refused|rejected|dropped|not allowed).{0,40}(?:policy|admin|your)",
            r"you are not allowed to connect|my name was rejected",
            r"access (?:from|denied).{0,40}(?:ip|host|client|your)",
            r"we (?:don't|do not) accept (?:mail|e-?mail|messages) from|dynamic|dial-?up",
            r"residential|generic (?:rdns|ptr)",
        ),
    ),
    (
        Reason.POLICY,
        (
            r"polic(?:y|ies)|security (?:policy|reason)|prohibited",
            r"not (?:allowed|permitted|accepted) by|administrat(?:ive|or) prohibit",
            r"tls (?:is )?required|must issue a starttls",
            r"violat|restrict(?:ed|ion)",
            r"message (?:was )?(?:refused|rejected).{0,30}(?:rule|filter|site)",
            r"rejected by .{0,30}(?:rule|filter|gateway)",
        ),
    ),
    (
        Reason.EXPIRED,
        (
            (
                r"\b(?:message|mail|delivery|queue|time)\b[^.[]{0,40}"
                r"(?:expired|too long|timed? ?-?out|timeout)"
            ),
            r"retry time(?:out)? (?:exceed|not reached)|retry timeout",
            r"giving up|has been in the queue|maximum (?:queue )?(?:retry|time)",
            r"could not be delivered for|been unable to deliver.{0,30}(?:hours|days)",
            r"multiple retries",
            r"(?:not|cannot|n't|undeliver\w*) be(?:en)? delivered (?:within|for|after|in)",
            r"has been delayed|delivery (?:is )?(?:has been )?delayed",
            r"not .{0,20}delivered .{0,20}(?:hours|days)",
            r"lifetime|unable to deliver in|failed for (?:the last )?\d+ (?:hours|days)",
        ),
    ),
    (
        Reason.UNREACHABLE,
        (
            r"connection (?:was )?(?:timed? ?out|refused|reset|lost|dropped|closed|failed|broken)",
            r"no route to host|network (?:is )?unreachable|unable to connect|cannot connect",
            r"could(?:n't| not) connect",
            r"not respond|no answer|host .{0,40}(?:unreachable|down|lost)",
            r"establish an smtp connection",
            r"(?:name|dns|mx).{0,30}(?:temporar|lookup (?:fail|error)|server failure|timed? out)",
            r"not reachable",
            r"loop(?:s|ing| detected| count)?\b|too many hops|socket error|lost connection",
            r"connect to .{0,80}:25|temporar\w+ (?:lookup|dns)",
            r"did not accept our requests to connect|bad connection",
        ),
    ),
    (
        Reason.REFUSED,
        (
            (
                r"(?:user|recipient|mailbox|account|addressee).{0,60}(?:refus|reject|does(?:n't"
                r"| not) (?:want|wish|accept)|not accept|restrict)"
            ),
            r"not accepting (?:mail|messages)",
            r"(?:refused|rejected) by (?:the )?(?:recipient|user|addressee)",
            r"rejected by a remote mail server|domain filter",
            r"address rejected|access denied|mailbox not available|not a member|member of this",
            r"delivery not authori[sz]ed|permission (?:denied|to)",
        ),
    ),
    (
        Reason.SYSTEM,
        (
            (
                r"(?:system|internal|server|configuration|local|i/o|input/output|disk"
                r"|unknown mailer|software|file) (?:\w+ )?(?:error|problem|failure|trouble)"
            ),
            r"mailer error|service (?:temporarily )?unavailable|service not available",
            r"command (?:output|died|failed|terminated)|died with status|operating system",
            r"out of memory|disk full|no space|not writ(?:e|able)",
            r"unable to (?:create|open|lock|write)",
            r"temporar\w+ (?:failure|problem|error|local|unavailable|system)",
            r"local error|delivery error|can't (?:create|open)",
            r"cannot (?:create|open|store|append)|exit status|child (?:crashed|status)",
            r"duplicated message-id|could not (?:complete|process)",
        ),
    ),
    (
        Reason.PROTOCOL,
        (
            r"syntax error|malformed|command (?:not|un)|unrecogni[sz]ed command|bad sequence",
            r"protocol error|unsupported|not implemented",
            r"invalid (?:domain name|parameter|command)",
        ),
    ),
)

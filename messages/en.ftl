### The words of the viewer. One file a language; a language is added by adding its file.
### Every id here is used, and stands in every file; a test sees to it.

## The language itself

# ltr or rtl.
language-direction = ltr
language-name = English

## What every page has

refresh = Refresh
close = Close
activity-log = Activity log
skip-to-list = Skip to the list
comma = {", "}

## Titles of the profiles, by their English words; what is in no file stays as it is

title-activity-log = Activity Log
title-activity-logs = Activity Logs
title-documents = Documents
title-date = Date
title-date-time = Date/Time
title-remarks = Remarks
title-description = Description
title-details = Details
title-user = User
    .all = All users
title-by = By
    .all = All users
title-report-type = Report Type
    .all = All report types
title-action = Action
    .all = All actions
title-event = Event
    .all = All events
title-type = Type
    .all = All types
title-category = Category
    .all = All categories
title-ip-address = IP Address
title-document = Document
title-status = Status
title-signees = Signees
title-started = Started
title-last-activity = Last activity
title-system = System

## The query bar

search = Search
search-hint = Search names, ids, words…
search-and-filters = Search and filters
apply = Apply
filter = Filter
reset = Reset
menu-all = All
menu-find = Find…
menu-find-in = Find in { $menu }
menu-empty = Nothing to choose from yet.
menu-none-of-these = None of these is called so.
menu-most-active = The { $count } most active are shown. Search for others: user:name
menu-most-frequent = The { $count } most frequent are shown. Search for others: { $field }:name
range-is = Date:
range-from = From
range-to = To
range-since = From { $day }
range-until = Until { $day }
range-inverted = To lies before From.
preset-today = Today
preset-yesterday = Yesterday
preset-this-week = This week
preset-last-7-days = Last 7 days
preset-last-30-days = Last 30 days
preset-this-month = This month
preset-last-month = Last month
preset-older = Older
preset-all = All time
preset-custom = Custom dates
field-outcome = Outcome
field-record = Record
field-record-type = Record type
field-ip-address = IP address
field-process = Process

## A search that cannot be understood

fault-at = At character { $position }: { $reason }.
fault-too-long = a search has at most { $most } characters
fault-too-many-terms = a search has at most { $most } terms
fault-open-quote = this quotation mark is not closed
fault-no-value = a value is expected after the colon

## What is chosen

filters-in-force = Filters in force
filter-remove = Remove filter { $field }: { $value }
clear-all = Clear all

## Kinds

kind-created = Created
kind-updated = Updated
kind-deleted = Deleted
kind-transferred = Transferred
kind-other = Other

## The histogram

chart-time = Time
chart-caption = Events { $unit }
chart-bar = { $time }: { $parts }
chart-part = { $count } { $kind }
chart-nothing = nothing
interval-pt1m = by minute
interval-pt5m = by 5 minutes
interval-pt15m = by 15 minutes
interval-pt1h = by hour
interval-pt3h = by 3 hours
interval-pt6h = by 6 hours
interval-p1d = by day
interval-p7d = by week
interval-p1m = by month
interval-p3m = by quarter
interval-p1y = by year
interval-p10y = by decade

## The list

events = Events
# $count chooses the form, $shown is the number as it is written.
events-count = { $count ->
    [one] { $shown } event
   *[other] { $shown } events
}
times-in = Times in { $zone }
kind-of-event = Kind of event
no-address = No address
details-of = Details of { $label }, row { $row }
acting-for = for { $name }
actor-user = User
actor-signee = Signee
actor-api-key = API key
actor-key-named = API key “{ $name }”
actor-service = Service
actor-anonymous = Anonymous
outcome-failure = { $label } · failed
outcome-denied = { $label } · denied
pages = Pages
rows-of = { $rows } of { $total }
rows-per-page = Rows
show = Show
page-first = First page
page-previous = Previous
page-next = Next

## How the page is shown

display = Display
display-zone = Time zone
display-zone-device = of this device
display-times = Times
display-language = Language
times-relative = Relative
times-exact = Exact

## An empty list

empty-first-use = Nothing has happened yet
    .hint = Send the first event, and it shows here.
    .command = A command that sends an event
empty-no-activity = No activity yet
    .hint = What happens shows here as soon as there is something you may see.
empty-no-match = No events match
    .hint = Several of your filters together leave nothing.
empty-bad-search = This search cannot be understood
    .hint = The place is marked under the search.
empty-bad-dates = To lies before From
    .hint = Choose the two dates the other way round, or do without them.
    .remove = Remove the dates
empty-outside = { $count ->
    [one] { $shown } event matches
   *[other] { $shown } events match
} outside “{ $range }”.
    .remove = Look at all time
# $choice is one of without-….
empty-without = { $choice } there { $count ->
    [one] is { $shown }
   *[other] are { $shown }
}.
without-search = Without the search for “{ $words }”
    .remove = Remove the search for “{ $words }”
without-actor = Without the user
    .remove = Remove the user
without-category = Without the category
    .remove = Remove the category
without-action = Without the action
    .remove = Remove the action
without-kind = Without the kind
    .remove = Remove the kind
without-outcome = Without the outcome
    .remove = Remove the outcome
without-target = Without the record
    .remove = Remove the record
without-target-type = Without the type of record
    .remove = Remove the type of record
without-ip = Without the IP address
    .remove = Remove the IP address
without-process = Without the process
    .remove = Remove the process

## Dates. A form takes what it shows of year, month, month-padded, weekday (1 is Monday), day, day-padded, hour, hour-12,
## half (am or pm), minute, second.

month-name = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
weekday-name = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
half-name = { $half ->
    [am] AM
   *[pm] PM
}
date-12h = { month-name } { $day-padded }, { $year } { $hour-12 }:{ $minute } { half-name }
date-second = { month-name } { $day-padded }, { $year } { $hour }:{ $minute }:{ $second }
date-full = { weekday-name }, { month-name } { $day-padded }, { $year }, { $hour }:{ $minute }:{ $second }
date-day = { month-name } { $day-padded }, { $year }
date-minute = { month-name } { $day-padded }, { $year }, { $hour }:{ $minute }
date-bar-minute = { month-name } { $day-padded }, { $hour }:{ $minute }
date-bar-day = { weekday-name }, { month-name } { $day-padded }
date-bar-month = { month-name } { $year }

## Relative times, in the words of Intl.RelativeTimeFormat, which keeps them right in the browser

relative-minute =
    .ago = { $count ->
        [one] { $count } minute ago
       *[other] { $count } minutes ago
    }
    .in = { $count ->
        [one] in { $count } minute
       *[other] in { $count } minutes
    }
relative-hour =
    .ago = { $count ->
        [one] { $count } hour ago
       *[other] { $count } hours ago
    }
    .in = { $count ->
        [one] in { $count } hour
       *[other] in { $count } hours
    }
relative-day =
    .ago = { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }
    .in = { $count ->
        [one] in { $count } day
       *[other] in { $count } days
    }
relative-month =
    .ago = { $count ->
        [one] { $count } month ago
       *[other] { $count } months ago
    }
    .in = { $count ->
        [one] in { $count } month
       *[other] in { $count } months
    }
relative-year =
    .ago = { $count ->
        [one] { $count } year ago
       *[other] { $count } years ago
    }
    .in = { $count ->
        [one] in { $count } year
       *[other] in { $count } years
    }

## What the page's script says; it is given every message whose id begins with script

script-just-now = just now
script-not-in-list = Not in this list
script-start-of-list = Start of this list
script-end-of-list = End of this list
script-start-of-page = Start of this page
script-end-of-page = End of this page

## The details

open-as-page = Open as a page
details-previous = Previous event
details-next = Next event
details-close = Close
details-tabs = Parts of the details
details-back = All activity
details-more = More information
details-list-rest = Show the rest
details-items = { $count ->
    [one] { $count } item
   *[other] { $count } items
}
details-all-changes = { $count ->
    [one] { $count } changed field
   *[other] All { $count } changed fields
}
details-all-fields = { $count ->
    [one] Show { $count } field
   *[other] Show all { $count } fields
}
tab-overview = Overview
tab-changes = Changes
tab-related = Related
tab-raw = Raw
tab-proof = Proof
not-known = Not known
opens-new-tab = (opens in a new tab)
copied = Copied
fact-name = Name
fact-name-and = And
fact-by-user = By user
fact-account = Account used
fact-ip = IP address
fact-date = Date/time
fact-outcome = Outcome
fact-reason = Reason
fact-channel = Channel
fact-device = Device
fact-audience = Visible to
fact-recorded = Recorded
result-success = Success
result-failure = Failed
result-denied = Denied
channel-web = Web
channel-api = API
channel-system = System
channel-webhook = Webhook
channel-import = Import
audience-administrators = Administrators only
note-automated = Probably not a person: a mail scanner or another program opened this ({ $why }).
note-anomalies = Taken in as history; today it would be refused ({ $why }).
note-before-creation = Said to have happened before the document was created here.
note-redacted = Removed before recording: { $why }.
note-erased = Erased since, on request: { $what }.
note-erased-record = The record is event { $number }
erased-value = Erased
erased-name = name
erased-email = e-mail address
erased-picture = picture
erased-address = IP address
erased-device = device
erased-place = place
erased-description = description
related-erasure = Records of what was erased
related-erased = What it was erased from
raw-ids = Identifiers
raw-json = JSON
raw-label = The event as JSON
id-event = Event ID
id-action = Action
id-process = Process
id-signee = Signee
id-session = Session
id-request = Request

## What changed

changes-title = Changes
changes-created = Initial values
changes-deleted = Values before deletion
changes-removed = Values taken away
changes-set = Values set
changes-values = Values
changes-none = This event changed no fields.
changes-field = Field
changes-before = Before
changes-after = After
changes-value = Value
changes-into = becomes
value-missing = not there
value-null = none
value-empty = empty

## Related events

related-none = Nothing else in the log belongs to this event.
related-parent = Belongs to
related-cause = Follows from
related-implied = What followed from it
related-request = In the same request
related-session = In the same session
related-process = In the same process
related-record = History of { $name }
related-record-all = Whole history
related-actor = { $name } around that time
related-all = Show all

## The proof

proof-hidden = This event is fixed in a log by the hash below. Its position, and with it the proof, would tell how many events you cannot see, so neither is shown here. The file below holds both, for whoever must check it.
proof-unsigned = This event is newer than the signed head of the log, which is signed at most once a second. Open this tab again in a moment.
proof-place = This event is number { $number } of { $size } in the log.
proof-by-server = This server followed the path from the event to the signed root: it holds.
proof-wrong-server = The path does not lead from the event to the signed root. The log may be damaged; tell whoever runs it.
proof-in-page = Checked in this page: your browser hashed the path from the event’s leaf to the root of the signed head, and checked the signature on that head. Both hold.
proof-in-page-path = Checked in this page: your browser hashed the path from the event’s leaf to the root, and it holds. It cannot check Ed25519 signatures, so the signature on the head was not checked here; everlog verify does.
proof-forged-page = Checked in this page: the signature on the head is not by the key below, or is over something else. The log may be damaged; tell whoever runs it.
proof-wrong-page = Checked in this page: the path does not lead to the signed root. The log may be damaged; tell whoever runs it.
proof-no-crypto = Your browser allows no check in a page without a secure connection.
proof-meaning = It proves that a leaf with this hash stands at this place of the log whose head is signed with the key below. It does not prove that the key is the log’s: compare it with the one you kept. Nor does it open the leaf: that the words shown are those that were hashed is checked from the event’s salted fields.
proof-event = The event
proof-leaf = Leaf hash
proof-position = Position
proof-head = The signed head
proof-origin = Log
proof-size = Size
proof-root = Root hash
proof-signed = Signed
proof-key = Key
proof-note = Signed note
proof-fingerprint = Fingerprint of the key (SHA-256)
proof-erased = Erased fields
proof-erased-what = They were taken out of this event by request. That they were there, and that nothing else was changed, is still proven.
proof-erased-fields = { $count ->
    [one] One field, erased by request
   *[other] { $count } fields, erased by request
}
proof-erased-by = { $count ->
    [one] One field, erased by event { $record }
   *[other] { $count } fields, erased by event { $record }
}
proof-file = The evidence as a file
proof-file-what = The event with its proof and the signed head. Whoever has this file and the log’s key can check it without this server, with everlog verify, or on this page:
proof-file-take = Take the evidence away
proof-path = { $count ->
    [one] { $count } hash from the leaf to the root
   *[other] { $count } hashes from the leaf to the root
}

## The history of a record

record-history = History
record-in = in
record-open = Open the record
record-deleted-by = Deleted by
record-deleted-on = on
record-held = It held:
record-held-nothing = No event says what it held.
record-timeline = Timeline
record-pages = Pages of the timeline
record-newer = Newer
record-older = Older
record-more-fields = { $count ->
    [one] and { $count } more field
   *[other] and { $count } more fields
}
date-record-day = { weekday-name }, { month-name } { $day-padded }, { $year }
state-now = As it is now
state-then = As it was
state-at = At another moment
state-show = Show
state-back = Now
state-link = As it was then
state-exists = Exists
state-gone = Does not exist
state-uncertain = Not known whether it existed
state-no-values = No event names a value.
state-inferred = Known only from what a later event found:
state-unknown = Not known at this moment:
state-gaps = What the log does not say
state-more-gaps = { $count ->
    [one] and { $count } older gap
   *[other] and { $count } older gaps
}
state-too-many = This record has too many events to rebuild what it held.
gap-creation = How it was created is not recorded: the first event about it is of { $when }, and found it there already.
gap-initial_values = It was created on { $when }, and no value was named.
gap-deletion = It was created again on { $when } while it was still there: its deletion is not recorded.
gap-return = It was changed on { $when } after it was deleted: how it came back is not recorded.
gap-change = { $field } was “{ $found }” on { $when }, and “{ $known }” by the events before: a change in between is not recorded.

## The log inside another page

embedded-title = Activity log
embedded-loading = The log is being opened…
embedded-alone = This page shows a log inside another page. Open it there.
embedded-ended = Your session has ended
    .text = Open the log again to go on where you were. If that does not work, reload this page or sign in again.
embedded-renew = Open the log again
embedded-not-listed = This page may not show the log
    .text = The organization does not list { $origin } among the pages that may show its log. An administrator can add it to the setting embed_origins.

## Help

help-keys = Keyboard shortcuts
help-rows = Next and previous row
help-open = Open the details
help-pages = Previous and next page
help-zone = Other time zone
help-help = This help
help-single-keys = Use single keys on this page
help-all-words = All of these words
help-phrase = These words in a row
help-without = Without a word
help-field = In one field

## The page of the server itself

landing-what = The activity log and audit trail of your product: who did what, when, from where, and what it was before. Kept for ever, and provably complete.
landing-docs = Read the documentation
landing-looking = Looking for your activity? Open it from your product.
landing-version = Version { $version }

## When there is no page

problem-unauthenticated = Your session has ended
    .text = For your safety a session lasts a limited time. Open the activity log again from your product, and you are back where you were.
problem-unknown = This log opens from your product
    .text = A copied address does not open it by itself. Sign in to your product and open the activity log there; after that, this address works too.
problem-used-link = This link has expired or was already used
    .text = A link to the activity log opens it once, within a short time. Open it again from your product to get a new one.
problem-forbidden = Your role cannot open this log
    .text = Only some roles of your organization may read its activity log. Ask an owner or an admin if you need something from it.
problem-not-found = There is no such page
    .text = Check the address, or open the activity log again from your product.
problem-no-event = There is no such event
    .text = It does not exist, or you may not see it.
problem-no-process = There is no such document
    .text = It does not exist, or you may not see it.
problem-no-file = This file is not there
    .text = The final PDF is made as soon as everybody has signed; before that, and after the document was deleted, there is only its Audit Trail.
problem-param = This address cannot be understood
    .text = The part “{ $part }” is not valid.
problem-param-unknown = There is no such part.
problem-param-repeated = It may stand once only.
problem-param-many = It has more than { $value } values.
problem-param-length = A value is empty or longer than { $value } bytes.
problem-param-expected = Another value is expected here.
problem-param-date = A date such as 2026-11-20, from 1970 to 2100, is expected here.
problem-param-range = There is no such time span; choose one from the list.
problem-param-zone = The name of a time zone such as Europe/Berlin is expected here.
problem-param-ip = One IPv4 or IPv6 address is expected here.
problem-param-target = A type and an id such as lead:l_9 are expected here.
problem-param-number = A whole number in its bounds is expected here.
problem-param-cursor = It belongs to another list; begin at the first page.
problem-param-excludes = It cannot be combined with “{ $value }”.
problem-param-pages = There are no pages here; leave it out.
problem-param-before-from = It lies before the beginning.
problem-unavailable = The log is busy
    .text = It cannot record anything for the moment, so it does not open either. Please try again shortly.
problem-closed = This log is only read for now
    .text = What is stored does not match what was signed before. Nothing is recorded until that is put right, and whatever would have to be recorded cannot be done. The operator has been told what to restore.
problem-damaged = A part of this log is damaged
    .text = What is stored is not what was recorded, so none of it is shown. Trying again does not help: tell support the number below. What was recorded can be restored from a backup.
problem-failed = Something went wrong on our side
    .text = Nothing is lost. Please try again; if it happens again, tell support the number below.
problem-to-list = Show all activity
problem-to-documents = Show all documents
problem-without-filters = Start without filters
problem-again = Try again
problem-request = Request

## Taking it away

export = Export
export-holds = { $count ->
    [0] No event matches: the file would be empty.
    [one] The file holds the one event that matches.
   *[other] The file holds the { $shown } events that match.
}
export-csv = CSV (.csv)
export-xlsx = Excel (.xlsx)
export-jsonl = JSON Lines (.jsonl)
export-bundle = Verifiable evidence (.bundle.jsonl)
export-failed = The file could not be fetched. Please try again.
export-busy = Too many files at once
    .text = Others are taking files away right now. Please try again in a few seconds.
export-refused = This file is not offered here
    .text = Your organization does not let its activity log be taken away in this form.

## Filters on a value, and what is offered while one types

filter-edit = Edit this filter
filter-not = not
filter-for = Filter for it
filter-out = Filter it out
filter-back = Filter for it again
copy = Copy
copy-link = Copy link
value-tools = Tools for this value
complete-label = Suggestions
unknown-field = There is no field “{ $field }”: it is searched as it stands. Fields: { $fields }.
without-not = Without what is left out
    .remove = Take in what is left out
help-values = Filter by a value of the row
script-copied = Copied
script-pending = Not applied yet: #
script-suggestions = # suggestions

## What comes in, and views that were kept

live = Live
waiting = Waiting for it…
script-new-events = New events: #
views = Views
views-none = None yet. Choose filters, then give the list a name.
view-delete = Delete the view “{ $name }”
view-name = Name
view-save = Save
view-exists = A view of this name exists
view-replace = Replace it
view-keep = Keep it
problem-view = This cannot be kept
    .text = A view has a name of 1 to 80 characters, and you may keep 100 of them.
problem-foreign = This was sent from another site
    .text = Open the activity log and do it there.

## When the list does not come, and what the drawing above it offers

trouble-cut = The log cannot be reached
    .text = Your connection seems to be gone. As soon as it is back, this is asked again by itself.
trouble-unanswered = No answer came
    .text = Something between you and the log failed. Nothing is lost, and what you asked is kept.
problem-too-slow = This took too long
    .text = A question may take five seconds. Ask for less: a shorter time, or one more filter.
problem-ended-here = Your session has ended
    .text = Open the activity log again from your product, in another tab. Then try again here: your search and filters are kept.
chart-zoom-out = Zoom out
sort-by = Sort by
sort-newest = Newest first
sort-oldest = Oldest first
sort-rising = { $title }, ascending
sort-falling = { $title }, descending

## Audit Trail

trail-title = Audit Trail
trail-interim = Interim
    .text = This process has not ended. What happens after { $when } is not in this trail; it is made again when the process ends.
trail-document = Document
trail-signees = Signees
trail-events = Events
trail-events-count = { $count ->
    [one] { $shown } event, none left out
   *[other] { $shown } events in order, none left out
}
trail-no-events = There is no event.
trail-seal = The seal
trail-verify = How to verify
trail-page = Page { $page } of { $pages }
trail-made = Made { $when }
trail-name = Name
trail-file = File
trail-process = Process
trail-status = Status
trail-organization = Organization
trail-owner = Started by
trail-created = Created
trail-started = Signing began
trail-ended = Ended
trail-expires = Time limit
trail-deleted = Document deleted
trail-reason = Reason
trail-order = Order
    .signing = One after the other
trail-zone = Time zone
    .text = { $zone }; each event also gives its time in UTC
trail-sha256-before = SHA-256 as attached
trail-sha256-after = SHA-256 as signed
trail-bytes = Size
trail-size = { $count ->
    [one] { $shown } byte
   *[other] { $shown } bytes
}
trail-no-document = No file was attached to this process.
trail-status-draft = Draft
trail-status-active = Active
trail-status-completed = Completed
trail-status-canceled = Cancelled
trail-status-expired = Expired
trail-cause-signed = everybody required has signed
trail-cause-manual = by hand, by the sender
trail-cause-declined = a signee declined
trail-cause-bounced = an invitation could not be delivered
trail-cause-all-removed = all signees were removed
trail-cause-revoked = withdrawn
trail-cause-expired = the time limit passed
trail-stand-added = Not invited yet
trail-stand-invited = Invited
trail-stand-viewed = Viewed
trail-stand-signed = Signed
trail-stand-declined = Declined
trail-stand-bounced = Not reachable
trail-stand-removed = Removed
trail-stand-forwarded = Handed on
trail-stand-timed-out = Time limit passed
trail-role = Role
trail-optional = Optional
trail-place = { $place } in order
trail-email = E-mail
trail-phone = Telephone
trail-address = Address
trail-signature-type = Signature type
trail-identified = Identified by
    .not = Not identified; asked for: { $methods }
    .unasked = No identification was asked for
trail-method-sms = a code by text message
trail-method-otp = a one-time code
trail-method-pin = a PIN
trail-method-id-check = a check of identity
trail-sent = Invited
    .times = { $count ->
    [one] { $when }
   *[other] { $when }, sent { $shown } times
}
trail-viewed = Viewed
trail-signed = Signed
trail-declined = Declined
trail-forwarded-to = Handed on to
trail-forwarded-from = Received from
trail-verification-failed = A check failed after the signature.
trail-ip = IP address
trail-device = Device
trail-time = Time
trail-event = Event
trail-group-creation = Creation
trail-group-signer = By signees
trail-group-team = By the team
trail-group-system = By the system
trail-group-end = End
trail-number = No. { $number }
trail-recorded = recorded { $when }
trail-about = Signee: { $name }
trail-for = for { $name }
trail-erased = Erased on lawful request: { $what }.
trail-scanners = About addresses in this trail
    .text = Mail programs check links for viruses by opening them, from any address; such an address can stand here as if the signee had used it. Where that is likely, the event says so, and it counts neither as viewed nor as signed.
    .remedy = To rule it out, ask signees to authenticate: the document stays closed until the code is entered, and only then does a view count.
trail-seal-attests = The seal attests that this file, with every event in it, has not been changed since it was sealed.
trail-seal-not = It does not attest who the signees are. How each was identified stands with their name.
trail-seal-none = This copy bears no seal. The attached record can still be checked as described below.
trail-seal-appended = The document’s own bytes stand unchanged at the beginning of the file; these pages follow them.
trail-seal-container = The document is attached to this file byte for byte, so that signatures it already bears stay valid.
trail-seal-alone = This file holds the trail alone. It belongs to the document with the hash given above.
trail-seal-signer = Sealed by
trail-seal-self-issued = { $signer } (self-issued certificate)
trail-seal-certificate = Certificate, SHA-256
trail-seal-time = Time attested by
    .own = the server’s clock
trail-verify-how = Open the address below, or scan the code, and choose this file; or check it without a network. Compare the log’s key with the one the organization publishes.
trail-verify-inside = Attached to this file: everlog-bundle.jsonl, the record with every event and its proof, and audit-trail.json, this trail for programs.
trail-verify-url = Address
trail-verify-offline = Offline
trail-verify-key = Log key
trail-verify-checkpoint = Signed head
trail-verify-bundle = Bundle, SHA-256
trail-verify-code = QR code that leads to { $url }
## Characters that cannot be seen

mark-joiner = Invisible joiner
mark-direction = Changes the direction of text
mark-space = Takes no space
mark-emptiness = Looks empty
mark-line = Line separator
mark-tag = Invisible tag
mark-control = Control character
mark-alphabets = mixed alphabets
    .why = Letters that look alike, from different alphabets

## Documents under signature: their list

processes-views = Documents and activity
processes-documents = Documents
processes-activity = All activity
processes-search = Search name, file, signee, key
processes-starter = Started by
processes-starter-any = Started by anyone
processes-status = Status
processes-all = All
processes-completed = Completed
processes-active = Active
processes-inactive = Inactive
processes-count = { $count ->
    [one] 1 document
   *[other] { $shown } documents
}
processes-signed = { $signed } of { $count } signed
processes-more = and { $count } more
processes-take = Audit Trail
processes-none = No documents yet
    .hint = As soon as a signing process is created, it stands here.
processes-no-match = No document matches

## One document under signature

process-back = Documents
process-facts = About this document
process-trail = Audit Trail
process-final = Final PDF with Audit Trail
    .short = Final PDF
process-trail-html = Audit Trail as web page
process-trail-pdf = Audit Trail as PDF
process-trail-json = Audit Trail as JSON
process-parts = On this page
process-signees-more = { $count ->
    [one] One more signee
   *[other] { $count } more signees
}
process-no-signees = Nobody has been added yet.
process-log = What happened
process-order = Order of the log
process-by-time = By time
process-by-group = By group
process-more = { $count ->
    [one] One more event is in the list of all activity.
   *[other] { $shown } more events are in the list of all activity.
}
process-notices = Notifications
process-types = What the types mean
signee-part = Part
notice-when = When
notice-channel = Message
notice-to = To
notice-status = Status
message-invitation = Invitation
message-reminder = Reminder
message-confirmation = E-mail to the signer
message-salesperson = Notice to the sender
message-sms = Text message
sent-by-email = by e-mail
sent-by-sms = by text message
sent-by-whatsapp = by WhatsApp
sent-by-link = by a link
delivery-sent = Sent
delivery-accepted = Accepted for delivery
delivery-queued = Waiting
delivery-delivered = Delivered
delivery-opened = Opened
delivery-clicked = Link clicked
delivery-failed = Failed
delivery-bounced = Bounced
delivery-rejected = Rejected
delivery-undelivered = Not delivered
delivery-undeliverable = Cannot be delivered
delivery-expired = Given up
delivery-complained = Marked as spam
delivery-unsubscribed = Unsubscribed
automated = Probably a program
automated-head = it only asked whether the page is there
automated-agent = it names itself as a known scanner
automated-soon = seconds after the link was sent
automated-many = links of several signers opened from one address
automated-listed = an address that is listed as a scanner's
process-group-other = Other
occurs-document-created = Whenever a document is created.
occurs-document-attached = When the file to be signed is attached, with its hash.
occurs-document-accessed = When the link is opened. That may have been a program, and is not yet a view.
occurs-signee-authenticated = When a signer has proved who they are.
occurs-reminder-sent = When a signer is reminded.
occurs-trail-made = When the Audit Trail was made and the final PDF sealed.
occurs-signee-added = For every signer who is added.
occurs-invitation-sent = Whenever the document is sent to a signer: once for each, also when the signer owns the document.
occurs-document-started = When signing begins.
occurs-signee-authentication-enabled = When a signer is to prove who they are by a code.
occurs-document-viewed = When a signer has seen the document.
occurs-document-signed = When a signer signs. After the last signature that is required, the document is completed.
occurs-document-declined = When a signer declines, with a reason if one was given.
occurs-signee-bounced = When the e-mail to a signer could not be delivered.
occurs-signee-removed = When an optional signer is removed. Without any signer left, the document is cancelled.
occurs-document-forwarded = When a signer hands the document to somebody else, who is then invited.
occurs-document-revoked = When the owner, or a member of the team who may, takes the document back.
occurs-document-expired = When the document was not completed in time.
occurs-delivery-sms = When the provider reports what became of a text message.
occurs-delivery-confirmation = When the provider reports what became of an e-mail to a signer.
occurs-delivery-salesperson = When the provider reports what became of the notice to the sender.
occurs-document-completed = The end when everything went well: every signature that is required is there.
occurs-document-canceled = The end for any other reason, which is told.

## The page that checks files

verify = Check a file
verify-what = Whether an Audit Trail or the evidence of a log is from this server, and unaltered. What the file says is shown to nobody.
verify-choose = Choose a file, or drop it here
verify-choose-another = Choose another file, or drop it here
verify-check = Check
verify-checking = Checking…
verify-kept = The file is looked at and forgotten. Up to { $most } MB.
verify-offline = Whoever trusts no server checks it without any:
verify-made = An Audit Trail with this evidence was made here
    .text = Choose the file to see that it is this one, and unaltered.
verify-not-made = Nothing is known here of this evidence
    .text = A trail that was made for one reader, or elsewhere, is not remembered. Choose the file: what it carries is checked all the same.
verify-made-when = Made
verify-expected = The code that led here names the evidence
verify-ours = From this server, and unaltered
    .text = It was signed with this server’s key, and not a character has been changed since.
verify-foreign = Unaltered, but not from this server
    .text = It holds in itself, and was signed with another key than this server’s. Whether that key is the right one can only be told by whoever runs that log.
verify-fails = This file was altered, or is not genuine
    .text = Something in it was changed after it was made, or it was never made by a log. Do not rely on it; ask whoever gave it to you for the original.
verify-unknown = This cannot be checked here
    .text = It bears no seal and no evidence of a log, so nothing is said about whether it is genuine. Choose the PDF with its Audit Trail, or the bundle, exactly as you received it.
verify-no-file = No file was chosen
    .text = Choose the file that you were given, and check it then.
verify-too-large = The file is too large
    .text = Files of up to { $most } MB are checked here. For larger ones there is the command named below.
verify-broke-off = The file did not arrive whole
    .text = The connection broke off or took too long. Please try again.
verify-busy = Many files are being checked just now
    .text = Please try again in a few seconds.
verify-why-head = What is signed does not fit the signature.
verify-why-event = The event on line { $line } is not what was recorded.
verify-why-order = Events are missing or not in the order of the log.
verify-why-count = It holds other events than it says.
verify-why-root = The events together are not the log that was signed.
verify-why-erasure = A value is said to be erased, and no record of that is there.
verify-other = A genuine file, but not the one that the code names
    .text = Nothing in it was changed. The code that led here was printed on another Audit Trail.
verify-code = The file that the code names
verify-code-yes = Yes
verify-code-no = No: the code is from another one
verify-sealed = Sealed, by the server’s clock
verify-stamped = Sealed, as a time authority says
verify-document = Document
verify-document-none = None was attached
verify-document-appended = At the beginning of the file, as it was attached
verify-document-container = Inside the file, as it was attached
verify-document-alone = Not in the file: it is the Audit Trail alone
verify-trail-events = Events in the Audit Trail
verify-certificate = SHA-256 of the seal’s certificate
verify-why-unsealed = It bears no seal: its pages may have been changed.
verify-why-seal = The seal is broken: something was changed after it was sealed.
verify-why-other-seal = Its evidence is from here, but it was sealed by somebody else.
verify-why-missing = The evidence that belongs in it is not there.
verify-why-evidence = The evidence in it does not hold.
verify-why-document = The document in it is not the one that was attached.
verify-why-trail = The Audit Trail in it does not say what the evidence says.
verify-events = Events in the file
verify-whole = Whole log
verify-whole-yes = Yes: no event is missing
verify-whole-no = No: each event in it is in the log; whether there are others is not proven
verify-log-size = Events in the log when it was signed
verify-withheld = Values kept back
verify-erased = Values erased, each with a record of it
verify-key = Signed by
verify-file-size = Size of the file
verify-file-hash = SHA-256 of the file
verify-bytes = { $count ->
    [one] One byte
   *[other] { $shown } bytes
}

## The language itself

language-direction = rtl
language-name = العربية

## What every page has

refresh = تحديث
close = إغلاق
activity-log = سجل النشاط
skip-to-list = الانتقال إلى القائمة
comma = {"، "}

## Titles of the profiles, by their English words; what is in no file stays as it is

title-activity-log = سجل النشاط
title-activity-logs = سجل النشاط
title-documents = المستندات
title-date = التاريخ
title-date-time = التاريخ والوقت
title-remarks = الملاحظات
title-description = الوصف
title-details = التفاصيل
title-user = المستخدم
    .all = كل المستخدمين
title-by = بواسطة
    .all = كل المستخدمين
title-report-type = نوع التقرير
    .all = كل أنواع التقارير
title-action = الإجراء
    .all = كل الإجراءات
title-event = الحدث
    .all = كل الأحداث
title-type = النوع
    .all = كل الأنواع
title-category = الفئة
    .all = كل الفئات
title-ip-address = عنوان IP
title-document = المستند
title-status = الحالة
title-signees = الموقّعون
title-started = تاريخ البدء
title-last-activity = آخر نشاط
title-system = النظام

## The query bar

search = البحث
search-hint = ابحث عن أسماء أو معرّفات أو كلمات…
search-and-filters = البحث وعوامل التصفية
apply = تطبيق
filter = تصفية
reset = إعادة الضبط
menu-all = الكل
menu-find = بحث…
menu-find-in = البحث في «{ $menu }»
menu-empty = لا يوجد ما يمكن اختياره بعد.
menu-none-of-these = لا شيء هنا بهذا الاسم.
menu-most-active = تُعرض الحسابات الأكثر نشاطًا وعددها { $count }. للبحث عن غيرها: user:name
menu-most-frequent = تُعرض القيم الأكثر تكرارًا وعددها { $count }. للبحث عن غيرها: { $field }:name
range-is = التاريخ:
range-from = من
range-to = إلى
range-since = من { $day }
range-until = حتى { $day }
range-inverted = تاريخ النهاية يسبق تاريخ البداية.
preset-today = اليوم
preset-yesterday = أمس
preset-this-week = هذا الأسبوع
preset-last-7-days = آخر 7 أيام
preset-last-30-days = آخر 30 يومًا
preset-this-month = هذا الشهر
preset-last-month = الشهر الماضي
preset-older = أقدم
preset-all = كل الأوقات
preset-custom = تواريخ محددة
field-outcome = النتيجة
field-record = العنصر
field-record-type = نوع العنصر
field-ip-address = عنوان IP
field-process = العملية

## A search that cannot be understood

fault-at = عند الحرف رقم { $position }: { $reason }.
fault-too-long = الحد الأقصى لطول البحث هو { $most } حرف
fault-too-many-terms = الحد الأقصى لعدد عبارات البحث هو { $most }
fault-open-quote = علامة الاقتباس هذه غير مغلقة
fault-no-value = تنقص قيمة بعد النقطتين

## What is chosen

filters-in-force = عوامل التصفية المطبقة
filter-remove = إزالة عامل التصفية { $field }: { $value }
clear-all = مسح الكل

## Kinds

kind-created = إنشاء
kind-updated = تعديل
kind-deleted = حذف
kind-transferred = نقل
kind-other = أخرى

## The histogram

chart-time = الوقت
chart-caption = الأحداث { $unit }
chart-bar = { $time }: { $parts }
chart-part = { $kind } { $count }
chart-nothing = لا شيء
interval-pt1m = لكل دقيقة
interval-pt5m = لكل 5 دقائق
interval-pt15m = لكل 15 دقيقة
interval-pt1h = لكل ساعة
interval-pt3h = لكل 3 ساعات
interval-pt6h = لكل 6 ساعات
interval-p1d = لكل يوم
interval-p7d = لكل أسبوع
interval-p1m = لكل شهر
interval-p3m = لكل ربع سنة
interval-p1y = لكل سنة
interval-p10y = لكل عقد

## The list

events = الأحداث
events-count = { $count ->
    [zero] لا أحداث
    [one] حدث واحد
    [two] حدثان
    [few] { $shown } أحداث
    [many] { $shown } حدثًا
   *[other] { $shown } حدث
}
times-in = الأوقات بتوقيت { $zone }
kind-of-event = نوع الحدث
no-address = لا عنوان
details-of = تفاصيل { $label }، الصف { $row }
acting-for = نيابةً عن { $name }
actor-user = مستخدم
actor-signee = موقّع
actor-api-key = مفتاح API
actor-key-named = مفتاح API «{ $name }»
actor-service = خدمة
actor-anonymous = مجهول
outcome-failure = { $label } · فشل
outcome-denied = { $label } · مرفوض
pages = الصفحات
rows-of = { $rows } من { $total }
rows-per-page = الصفوف
show = عرض
page-first = الصفحة الأولى
page-previous = السابق
page-next = التالي

## How the page is shown

display = العرض
display-zone = المنطقة الزمنية
display-zone-device = منطقة هذا الجهاز
display-times = الأوقات
display-language = اللغة
times-relative = نسبية
times-exact = دقيقة

## An empty list

empty-first-use = لم يحدث شيء بعد
    .hint = أرسل الحدث الأول وسيظهر هنا.
    .command = أمر يرسل حدثًا
empty-no-activity = لا يوجد نشاط بعد
    .hint = سيظهر النشاط هنا حالما يوجد ما يحق لك الاطلاع عليه.
empty-no-match = لا توجد أحداث مطابقة
    .hint = لا يتبقى شيء مع اجتماع عدة عوامل تصفية.
empty-bad-search = تعذّر فهم هذا البحث
    .hint = الموضع محدد أسفل البحث.
empty-bad-dates = تاريخ النهاية يسبق تاريخ البداية
    .hint = اعكس التاريخين، أو استغنِ عنهما.
    .remove = إزالة التاريخين
empty-outside = { $count ->
    [zero] لا توجد أحداث مطابقة
    [one] يوجد حدث مطابق واحد
    [two] يوجد حدثان مطابقان
    [few] توجد { $shown } أحداث مطابقة
    [many] يوجد { $shown } حدثًا مطابقًا
   *[other] يوجد { $shown } حدث مطابق
} خارج «{ $range }».
    .remove = عرض كل الأوقات
empty-without = { $choice } { $count ->
    [zero] لا توجد أحداث
    [one] يوجد حدث واحد
    [two] يوجد حدثان
    [few] توجد { $shown } أحداث
    [many] يوجد { $shown } حدثًا
   *[other] يوجد { $shown } حدث
}.
without-search = من دون البحث عن «{ $words }»
    .remove = إزالة البحث عن «{ $words }»
without-actor = من دون المستخدم
    .remove = إزالة المستخدم
without-category = من دون الفئة
    .remove = إزالة الفئة
without-action = من دون الإجراء
    .remove = إزالة الإجراء
without-kind = من دون نوع الحدث
    .remove = إزالة نوع الحدث
without-outcome = من دون النتيجة
    .remove = إزالة النتيجة
without-target = من دون العنصر
    .remove = إزالة العنصر
without-target-type = من دون نوع العنصر
    .remove = إزالة نوع العنصر
without-ip = من دون عنوان IP
    .remove = إزالة عنوان IP
without-process = من دون العملية
    .remove = إزالة العملية

## Dates

month-name = { $month ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
}
weekday-name = { $weekday ->
    [1] الاثنين
    [2] الثلاثاء
    [3] الأربعاء
    [4] الخميس
    [5] الجمعة
    [6] السبت
   *[7] الأحد
}
half-name = { $half ->
    [am] ص
   *[pm] م
}
date-12h = { $day } { month-name } { $year }، { $hour-12 }:{ $minute } { half-name }
date-second = { $day } { month-name } { $year }، { $hour }:{ $minute }:{ $second }
date-full = { weekday-name }، { $day } { month-name } { $year }، { $hour }:{ $minute }:{ $second }
date-day = { $day } { month-name } { $year }
date-minute = { $day } { month-name } { $year }، { $hour }:{ $minute }
date-bar-minute = { $day } { month-name }، { $hour }:{ $minute }
date-bar-day = { weekday-name }، { $day } { month-name }
date-bar-month = { month-name } { $year }

## Relative times

relative-minute =
    .ago = { $count ->
        [one] قبل دقيقة واحدة
        [two] قبل دقيقتين
        [few] قبل { $count } دقائق
        [many] قبل { $count } دقيقة
       *[other] قبل { $count } دقيقة
    }
    .in = { $count ->
        [one] خلال دقيقة واحدة
        [two] خلال دقيقتين
        [few] خلال { $count } دقائق
        [many] خلال { $count } دقيقة
       *[other] خلال { $count } دقيقة
    }
relative-hour =
    .ago = { $count ->
        [one] قبل ساعة واحدة
        [two] قبل ساعتين
        [few] قبل { $count } ساعات
        [many] قبل { $count } ساعة
       *[other] قبل { $count } ساعة
    }
    .in = { $count ->
        [one] خلال ساعة واحدة
        [two] خلال ساعتين
        [few] خلال { $count } ساعات
        [many] خلال { $count } ساعة
       *[other] خلال { $count } ساعة
    }
relative-day =
    .ago = { $count ->
        [one] قبل يوم واحد
        [two] قبل يومين
        [few] قبل { $count } أيام
        [many] قبل { $count } يومًا
       *[other] قبل { $count } يوم
    }
    .in = { $count ->
        [one] خلال يوم واحد
        [two] خلال يومين
        [few] خلال { $count } أيام
        [many] خلال { $count } يومًا
       *[other] خلال { $count } يوم
    }
relative-month =
    .ago = { $count ->
        [one] قبل شهر واحد
        [two] قبل شهرين
        [few] قبل { $count } أشهر
        [many] قبل { $count } شهرًا
       *[other] قبل { $count } شهر
    }
    .in = { $count ->
        [one] خلال شهر واحد
        [two] خلال شهرين
        [few] خلال { $count } أشهر
        [many] خلال { $count } شهرًا
       *[other] خلال { $count } شهر
    }
relative-year =
    .ago = { $count ->
        [one] قبل سنة واحدة
        [two] قبل سنتين
        [few] قبل { $count } سنوات
        [many] قبل { $count } سنة
       *[other] قبل { $count } سنة
    }
    .in = { $count ->
        [one] خلال سنة واحدة
        [two] خلال سنتين
        [few] خلال { $count } سنوات
        [many] خلال { $count } سنة
       *[other] خلال { $count } سنة
    }

## What the page's script says

script-just-now = الآن
script-not-in-list = ليس في هذه القائمة
script-start-of-list = بداية هذه القائمة
script-end-of-list = نهاية هذه القائمة
script-start-of-page = بداية هذه الصفحة
script-end-of-page = نهاية هذه الصفحة

## The details

open-as-page = فتح كصفحة
details-previous = الحدث السابق
details-next = الحدث التالي
details-close = إغلاق
details-tabs = أقسام التفاصيل
details-back = كل النشاط
details-more = معلومات إضافية
details-list-rest = عرض الباقي
details-items = { $count ->
    [one] عنصر واحد ({ $count })
    [two] عنصران ({ $count })
    [few] { $count } عناصر
   *[other] { $count } عنصرًا
}
details-all-changes = { $count ->
   *[other] كل الحقول المتغيرة ({ $count })
}
details-all-fields = { $count ->
   *[other] عرض كل الحقول ({ $count })
}
tab-overview = نظرة عامة
tab-changes = التغييرات
tab-related = ذو صلة
tab-raw = البيانات الخام
tab-proof = الإثبات
not-known = غير معروف
opens-new-tab = (يُفتح في علامة تبويب جديدة)
copied = تم النسخ
fact-name = الاسم
fact-name-and = و
fact-by-user = المستخدم
fact-account = الحساب المستخدَم
fact-ip = عنوان IP
fact-date = التاريخ والوقت
fact-outcome = النتيجة
fact-reason = السبب
fact-channel = القناة
fact-device = الجهاز
fact-audience = مرئي لـ
fact-recorded = وقت التسجيل
result-success = نجاح
result-failure = فشل
result-denied = مرفوض
channel-web = الويب
channel-api = واجهة API
channel-system = النظام
channel-webhook = Webhook
channel-import = استيراد
audience-administrators = المسؤولون فقط
note-automated = على الأرجح ليس شخصًا: فتحه فاحص بريد أو برنامج آخر ({ $why }).
note-anomalies = أُدخل بوصفه سجلًا سابقًا؛ ولو أُرسل اليوم لرُفض ({ $why }).
note-before-creation = يُقال إنه حدث قبل إنشاء المستند هنا.
note-redacted = أُزيل قبل التسجيل: { $why }.
note-erased = مُحي لاحقًا بناءً على طلب: { $what }.
note-erased-record = مسجَّل في الحدث { $number }
erased-value = مُحي
erased-name = الاسم
erased-email = البريد الإلكتروني
erased-picture = الصورة
erased-address = عنوان IP
erased-device = الجهاز
erased-place = المكان
erased-description = الوصف
related-erasure = سجلات المحو
related-erased = الأحداث التي مُحي منها
raw-ids = المعرّفات
raw-json = JSON
raw-label = الحدث بصيغة JSON
id-event = معرّف الحدث
id-action = الإجراء
id-process = العملية
id-signee = الموقِّع
id-session = الجلسة
id-request = الطلب

## What changed

changes-title = التغييرات
changes-created = القيم الأولية
changes-deleted = القيم قبل الحذف
changes-removed = القيم المُزالة
changes-set = القيم المعيَّنة
changes-values = القيم
changes-none = لم يغيّر هذا الحدث أي حقل.
changes-field = الحقل
changes-before = قبل
changes-after = بعد
changes-value = القيمة
changes-into = يصبح
value-missing = غير موجود
value-null = لا قيمة
value-empty = فارغ

## Related events

related-none = لا شيء آخر في السجل يتصل بهذا الحدث.
related-parent = ينتمي إلى
related-cause = ناتج عن
related-implied = ما نتج عنه
related-request = في الطلب نفسه
related-session = في الجلسة نفسها
related-process = في العملية نفسها
related-record = تاريخ { $name }
related-record-all = التاريخ الكامل
related-actor = { $name } في ذلك الوقت تقريبًا
related-all = عرض الكل

## The proof

proof-hidden = هذا الحدث مثبَّت في السجل بالبصمة أدناه. موضعه، ومعه الإثبات، يكشف عدد الأحداث التي لا يمكنك رؤيتها، ولذلك لا يُعرضان هنا. ويحتوي الملف أدناه على كليهما لمن عليه التحقّق منه.
proof-unsigned = هذا الحدث أحدث من رأس السجل الموقَّع، الذي يُوقَّع مرة في الثانية على الأكثر. افتح هذا القسم مجددًا بعد لحظة.
proof-place = هذا الحدث هو رقم { $number } من { $size } في السجل.
proof-by-server = تتبّع هذا الخادم المسار من الحدث إلى الجذر الموقَّع، وهو صحيح.
proof-wrong-server = المسار لا يقود من الحدث إلى الجذر الموقَّع. قد يكون السجل تالفًا؛ أبلغ من يديره.
proof-in-page = تم التحقّق في هذه الصفحة: حسب متصفحك المسار من ورقة الحدث إلى جذر الرأس الموقّع، وتحقّق من التوقيع على هذا الرأس. وكلاهما صحيح.
proof-in-page-path = تم التحقّق في هذه الصفحة: حسب متصفحك المسار من ورقة الحدث إلى الجذر، وهو صحيح. لكنه لا يستطيع التحقّق من تواقيع Ed25519، فلم يُتحقّق هنا من التوقيع على الرأس؛ الأمر everlog verify يفعل ذلك.
proof-forged-page = تم التحقّق في هذه الصفحة: التوقيع على الرأس ليس بالمفتاح أدناه، أو هو على شيء آخر. قد يكون السجل تالفًا؛ أخبر من يديره.
proof-wrong-page = تم التحقق في هذه الصفحة: المسار لا يقود إلى الجذر الموقَّع. قد يكون السجل تالفًا؛ أبلغ من يديره.
proof-no-crypto = لا يسمح متصفحك بالتحقق داخل الصفحة من دون اتصال آمن.
proof-meaning = هذا يثبت أن ورقة بهذه البصمة تقع في هذا الموضع من السجل الذي وُقِّع رأسه بالمفتاح أدناه. ولا يثبت أن المفتاح هو مفتاح السجل: قارنه بالمفتاح الذي احتفظت به. كما أنه لا يفتح الورقة: التحقق من أن الكلمات المعروضة هي التي حُسبت بصمتها يتم من حقول الحدث المملَّحة.
proof-event = الحدث
proof-leaf = بصمة الورقة
proof-position = الموضع
proof-head = الرأس الموقَّع
proof-origin = السجل
proof-size = الحجم
proof-root = بصمة الجذر
proof-signed = وقت التوقيع
proof-key = المفتاح
proof-note = المذكرة الموقَّعة
proof-fingerprint = بصمة المفتاح (SHA‑256)
proof-erased = حقول محذوفة
proof-erased-what = أُزيلت من هذا الحدث بناءً على طلب. وما زال مُثبتًا أنها كانت موجودة وأن شيئًا آخر لم يتغيّر.
proof-erased-fields = { $count ->
    [one] حقل واحد حُذف بناءً على طلب
    [two] حقلان حُذفا بناءً على طلب
    [few] { $count } حقول حُذفت بناءً على طلب
    [many] { $count } حقلًا حُذفت بناءً على طلب
   *[other] { $count } حقل حُذفت بناءً على طلب
}
proof-erased-by = { $count ->
    [one] حقل واحد حذفه الحدث { $record }
    [two] حقلان حذفهما الحدث { $record }
    [few] { $count } حقول حذفها الحدث { $record }
    [many] { $count } حقلًا حذفها الحدث { $record }
   *[other] { $count } حقل حذفها الحدث { $record }
}
proof-file = الدليل في ملف
proof-file-what = الحدث مع برهانه والرأس الموقّع. من يملك هذا الملف ومفتاح السجل يستطيع التحقّق منه دون هذا الخادم، بالأمر everlog verify أو في هذه الصفحة:
proof-file-take = تنزيل الدليل
proof-path = { $count ->
   *[other] البصمات من الورقة إلى الجذر ({ $count })
}

## The history of a record

record-history = سجل التغييرات
record-in = ضمن
record-open = فتح السجل في المنتج
record-deleted-by = حُذف بواسطة
record-deleted-on = في
record-held = كان يحتوي على:
record-held-nothing = لا يذكر أي حدث ما كان يحتويه.
record-timeline = الخط الزمني
record-pages = صفحات الخط الزمني
record-newer = الأحدث
record-older = الأقدم
record-more-fields = { $count ->
   *[other] وحقول أخرى ({ $count })
}
date-record-day = { weekday-name }، { $day } { month-name } { $year }
state-now = كما هو الآن
state-then = كما كان
state-at = في لحظة أخرى
state-show = عرض
state-back = الآن
state-link = كما كان حينها
state-exists = موجود
state-gone = غير موجود
state-uncertain = لا يُعرف هل كان موجودًا
state-no-values = لا يذكر أي حدث قيمة.
state-inferred = معروف فقط مما وجده حدث لاحق:
state-unknown = غير معروف في هذه اللحظة:
state-gaps = ما لا يقوله السجل
state-more-gaps = { $count ->
   *[other] وثغرات أقدم ({ $count })
}
state-too-many = لهذا العنصر أحداث أكثر من أن يُعاد بناء محتواه منها.
gap-creation = لم يُسجَّل إنشاؤه: أول حدث عنه بتاريخ { $when } وقد وجده قائمًا.
gap-initial_values = أُنشئ بتاريخ { $when } من دون ذكر أي قيمة.
gap-deletion = أُنشئ مرة أخرى بتاريخ { $when } وهو ما زال موجودًا: حذفه غير مسجَّل.
gap-return = عُدِّل بتاريخ { $when } بعد حذفه: عودته غير مسجَّلة.
gap-change = كان { $field } بتاريخ { $when } هو «{ $found }»، وهو «{ $known }» بحسب الأحداث السابقة: ثمة تغيير بينهما غير مسجَّل.

## السجل داخل صفحة أخرى

embedded-title = سجل النشاط
embedded-loading = جارٍ فتح السجل…
embedded-alone = تعرض هذه الصفحة سجلًا داخل صفحة أخرى. افتحه من هناك.
embedded-ended = انتهت جلستك
    .text = افتح السجل من جديد لتتابع من حيث كنت. وإن لم ينجح ذلك فأعد تحميل هذه الصفحة أو سجّل الدخول مرة أخرى.
embedded-renew = افتح السجل من جديد
embedded-not-listed = لا يُسمح لهذه الصفحة بعرض السجل
    .text = لا تُدرج المؤسسة { $origin } ضمن الصفحات التي يجوز لها عرض سجلها. يمكن لأحد المسؤولين إضافته إلى الإعداد embed_origins.

## Help

help-keys = اختصارات لوحة المفاتيح
help-rows = الصف التالي والسابق
help-open = فتح التفاصيل
help-pages = الصفحة السابقة والتالية
help-zone = منطقة زمنية أخرى
help-help = هذه المساعدة
help-single-keys = استخدام المفاتيح المفردة في هذه الصفحة
help-all-words = كل هذه الكلمات
help-phrase = هذه الكلمات متتالية
help-without = من دون كلمة
help-field = في حقل واحد

## The page of the server itself

landing-what = سجل النشاط والتدقيق لمنتجك: من فعل ماذا ومتى ومن أين، وما الذي كان قبل ذلك. محفوظ إلى الأبد، واكتماله قابل للإثبات.
landing-docs = قراءة الوثائق
landing-looking = تبحث عن نشاطك؟ افتحه من منتجك.
landing-version = الإصدار { $version }

## When there is no page

problem-unauthenticated = انتهت جلستك
    .text = حفاظًا على أمانك تدوم الجلسة وقتًا محدودًا. افتح سجل النشاط من منتجك مرة أخرى لتعود إلى حيث كنت.
problem-unknown = يُفتح هذا السجل من منتجك
    .text = لا يكفي عنوان منسوخ لفتحه. سجّل الدخول إلى منتجك وافتح سجل النشاط من هناك، وبعدها يعمل هذا العنوان أيضًا.
problem-used-link = انتهت صلاحية هذا الرابط أو سبق استخدامه
    .text = يفتح الرابط سجل النشاط مرة واحدة وخلال وقت قصير. افتح السجل من منتجك مرة أخرى للحصول على رابط جديد.
problem-forbidden = لا يمكن لدورك فتح هذا السجل
    .text = لا يجوز إلا لبعض الأدوار في مؤسستك قراءة سجل نشاطها. إذا احتجت إلى شيء منه فاسأل أحد المالكين أو المشرفين.
problem-not-found = لا توجد صفحة كهذه
    .text = تحقق من العنوان، أو افتح سجل النشاط من منتجك مرة أخرى.
problem-no-event = لا يوجد حدث كهذا
    .text = إما أنه غير موجود، أو لا يجوز لك رؤيته.
problem-no-process = لا يوجد مستند كهذا
    .text = إما أنه غير موجود، أو لا يجوز لك رؤيته.
problem-no-file = هذا الملف غير موجود
    .text = يُعدّ ملف PDF النهائي فور توقيع الجميع؛ وقبل ذلك، وبعد حذف المستند، لا يوجد سوى سجل التدقيق.
problem-param = تعذّر فهم هذا العنوان
    .text = الجزء «{ $part }» غير صالح.
problem-param-unknown = لا يوجد جزء بهذا الاسم.
problem-param-repeated = لا يجوز أن يرد أكثر من مرة.
problem-param-many = له أكثر من { $value } قيمة.
problem-param-length = إحدى القيم فارغة أو أطول من { $value } بايت.
problem-param-expected = المتوقع هنا قيمة أخرى.
problem-param-date = يُنتظر هنا تاريخ مثل 2026-11-20، بين 1970 و2100.
problem-param-range = لا توجد فترة كهذه؛ اختر واحدة من القائمة.
problem-param-zone = يُنتظر هنا اسم منطقة زمنية مثل Europe/Berlin.
problem-param-ip = يُنتظر هنا عنوان IPv4 أو IPv6 واحد.
problem-param-target = يُنتظر هنا نوع ومعرّف مثل lead:l_9.
problem-param-number = يُنتظر هنا عدد صحيح ضمن حدوده.
problem-param-cursor = ينتمي إلى قائمة أخرى؛ ابدأ من الصفحة الأولى.
problem-param-excludes = لا يجتمع مع «{ $value }».
problem-param-pages = لا صفحات هنا: احذفه من العنوان.
problem-param-before-from = يقع قبل البداية.
problem-unavailable = السجل مشغول
    .text = لا يمكنه تسجيل شيء في الوقت الحالي، لذلك لا يُفتح أيضًا. يُرجى المحاولة بعد قليل.
problem-closed = هذا السجل للقراءة فقط في الوقت الحالي
    .text = لا يطابق المخزَّن ما وُقِّع عليه سابقًا، لذلك لا يُسجَّل شيء، وما يلزم تسجيله لا يمكن إجراؤه. أُبلغ المشغّل بما يجب استعادته.
problem-damaged = جزء من هذا السجل تالف
    .text = ما هو مخزَّن لم يعد مطابقًا لما سُجِّل، لذلك لا يُعرض منه شيء. لن تفيد المحاولة مرة أخرى: أخبر الدعم بالرقم أدناه. يمكن استعادة ما سُجِّل من نسخة احتياطية.
problem-failed = حدث خطأ من جانبنا
    .text = لم يضع شيء. يُرجى المحاولة مرة أخرى، وإذا تكرر الأمر فأخبر الدعم بالرقم أدناه.
problem-to-list = عرض كل النشاط
problem-to-documents = عرض كل المستندات
problem-without-filters = البدء من دون عوامل تصفية
problem-again = المحاولة مرة أخرى
problem-request = الطلب

## Taking it away

export = تصدير
export-holds = { $count ->
    [zero] لا يوجد حدث مطابق: سيكون الملف فارغًا.
    [one] يحتوي الملف على الحدث المطابق الوحيد.
    [two] يحتوي الملف على الحدثين المطابقين.
    [few] يحتوي الملف على { $shown } أحداث مطابقة.
    [many] يحتوي الملف على { $shown } حدثًا مطابقًا.
   *[other] يحتوي الملف على { $shown } حدث مطابق.
}
export-csv = CSV (.csv)
export-xlsx = Excel (.xlsx)
export-jsonl = JSON Lines (.jsonl)
export-bundle = أدلّة قابلة للتحقّق (.bundle.jsonl)
export-failed = تعذّر تنزيل الملف. يُرجى المحاولة مرة أخرى.
export-busy = ملفات كثيرة في الوقت نفسه
    .text = يجري إعداد ملفات أخرى الآن. يُرجى المحاولة مرة أخرى بعد بضع ثوانٍ.
export-refused = هذا الملف غير متاح هنا
    .text = لا تسمح مؤسستك بأخذ سجل النشاط بهذه الصيغة.

## Filters on a value, and what is offered while one types

filter-edit = تعديل عامل التصفية هذا
filter-not = ليس
filter-for = التصفية بهذه القيمة
filter-out = استبعاد هذه القيمة
filter-back = التصفية بهذه القيمة من جديد
copy = نسخ
copy-link = نسخ الرابط
value-tools = أدوات هذه القيمة
complete-label = اقتراحات
unknown-field = لا يوجد حقل باسم «{ $field }»، لذلك يجري البحث عن النص كما هو. الحقول: { $fields }.
without-not = من دون الاستبعادات
    .remove = إزالة الاستبعادات
help-values = التصفية بقيمة من الصف
script-copied = تم النسخ
script-pending = لم تُطبَّق بعد: #
script-suggestions = عدد الاقتراحات: #

## What comes in, and views that were kept

live = مباشر
waiting = في انتظار أول حدث…
script-new-events = أحداث جديدة: #
views = طرق العرض
views-none = لا شيء بعد. اختر عوامل تصفية ثم سمِّ القائمة.
view-delete = حذف طريقة العرض «{ $name }»
view-name = الاسم
view-save = حفظ
view-exists = توجد طريقة عرض بهذا الاسم
view-replace = استبدالها
view-keep = الإبقاء عليها
problem-view = لا يمكن حفظ ذلك
    .text = اسم طريقة العرض من 1 إلى 80 حرفًا، ويمكن حفظ 100 منها.
problem-foreign = أُرسل هذا من موقع آخر
    .text = افتح سجل النشاط ونفّذ ذلك فيه.

## When the list does not come, and what the drawing above it offers

trouble-cut = تعذّر الوصول إلى السجل
    .text = يبدو أن الاتصال انقطع. سيُعاد الطلب تلقائيًا فور عودته.
trouble-unanswered = لم يصل أي رد
    .text = حدث عطل بينك وبين السجل. لم يُفقد شيء، وطلبك محفوظ كما هو.
problem-too-slow = استغرق هذا وقتًا أطول من اللازم
    .text = لا يُسمح للطلب بأكثر من خمس ثوانٍ. اطلب أقل: فترة أقصر، أو عامل تصفية إضافيًا.
problem-ended-here = انتهت جلستك
    .text = افتح سجل النشاط من منتجك مرة أخرى في علامة تبويب أخرى، ثم أعد المحاولة هنا: البحث وعوامل التصفية محفوظة.
chart-zoom-out = تصغير
sort-by = الترتيب حسب
sort-newest = الأحدث أولًا
sort-oldest = الأقدم أولًا
sort-rising = { $title }، تصاعديًا
sort-falling = { $title }، تنازليًا

## Audit Trail

trail-title = سجل التدقيق
trail-interim = نسخة مؤقتة
    .text = لم تنتهِ هذه العملية بعد. ما يحدث بعد { $when } ليس في هذا السجل، ويُعاد إعداده عند انتهاء العملية.
trail-document = المستند
trail-signees = الموقّعون
trail-events = الأحداث
trail-events-count = { $count ->
    [zero] لا أحداث
    [one] حدث واحد، ولم يُحذف شيء
    [two] حدثان بترتيبهما، ولم يُحذف شيء
    [few] { $shown } أحداث بترتيبها، ولم يُحذف شيء
    [many] { $shown } حدثًا بترتيبها، ولم يُحذف شيء
   *[other] { $shown } حدث بترتيبها، ولم يُحذف شيء
}
trail-no-events = لا يوجد أي حدث.
trail-seal = الختم
trail-verify = كيفية التحقق
trail-page = صفحة { $page } من { $pages }
trail-made = أُعدّ في { $when }
trail-name = الاسم
trail-file = الملف
trail-process = العملية
trail-status = الحالة
trail-organization = المؤسسة
trail-owner = بدأها
trail-created = تاريخ الإنشاء
trail-started = بدء التوقيع
trail-ended = تاريخ الانتهاء
trail-expires = المهلة
trail-deleted = حذف المستند
trail-reason = السبب
trail-order = الترتيب
    .signing = واحدًا بعد الآخر
trail-zone = المنطقة الزمنية
    .text = { $zone }؛ ويذكر كل حدث وقته بالتوقيت العالمي أيضًا
trail-sha256-before = بصمة SHA-256 عند الإرفاق
trail-sha256-after = بصمة SHA-256 عند التوقيع
trail-bytes = الحجم
trail-size = { $count ->
    [zero] { $shown } بايت
    [one] بايت واحد
    [two] بايتان
    [few] { $shown } بايتات
    [many] { $shown } بايتًا
   *[other] { $shown } بايت
}
trail-no-document = لم يُرفق بهذه العملية أي ملف.
trail-status-draft = مسودة
trail-status-active = جارية
trail-status-completed = مكتملة
trail-status-canceled = ملغاة
trail-status-expired = منتهية المهلة
trail-cause-signed = وقّع جميع المطلوبين
trail-cause-manual = أكملها المرسل يدويًا
trail-cause-declined = رفض أحد الموقّعين
trail-cause-bounced = تعذّر تسليم دعوة
trail-cause-all-removed = أُزيل جميع الموقّعين
trail-cause-revoked = سُحب المستند
trail-cause-expired = انقضت المهلة
trail-stand-added = لم يُدعَ بعد
trail-stand-invited = دُعي
trail-stand-viewed = اطّلع
trail-stand-signed = وقّع
trail-stand-declined = رفض
trail-stand-bounced = تعذّر الوصول إليه
trail-stand-removed = أُزيل
trail-stand-forwarded = أحاله إلى غيره
trail-stand-timed-out = انقضت مهلته
trail-role = الصفة
trail-optional = اختياري
trail-place = ترتيبه { $place }
trail-email = البريد الإلكتروني
trail-phone = الهاتف
trail-address = العنوان
trail-signature-type = نوع التوقيع
trail-identified = أُثبتت الهوية بواسطة
    .not = لم تثبت الهوية؛ وكان المطلوب: { $methods }
    .unasked = لم يُطلب إثبات الهوية
trail-method-sms = رمز في رسالة نصية
trail-method-otp = رمز لمرة واحدة
trail-method-pin = رقم سري
trail-method-id-check = فحص الهوية
trail-sent = الدعوة
    .times = { $count ->
    [zero] { $when }
    [one] { $when }
    [two] { $when }، أُرسلت مرتين
    [few] { $when }، أُرسلت { $shown } مرات
    [many] { $when }، أُرسلت { $shown } مرة
   *[other] { $when }، أُرسلت { $shown } مرة
}
trail-viewed = الاطلاع
trail-signed = التوقيع
trail-declined = الرفض
trail-forwarded-to = أُحيل إلى
trail-forwarded-from = ورد من
trail-verification-failed = فشل فحص بعد التوقيع.
trail-ip = عنوان IP
trail-device = الجهاز
trail-time = الوقت
trail-event = الحدث
trail-group-creation = الإنشاء
trail-group-signer = من الموقّعين
trail-group-team = من الفريق
trail-group-system = من النظام
trail-group-end = الختام
trail-number = رقم { $number }
trail-recorded = سُجّل في { $when }
trail-about = الموقّع: { $name }
trail-for = نيابة عن { $name }
trail-erased = حُذف بناءً على طلب قانوني: { $what }.
trail-scanners = عن العناوين في هذا السجل
    .text = تفحص برامج البريد الروابط بحثًا عن الفيروسات بفتحها من أي عنوان، فقد يظهر عنوان كهذا هنا كأن الموقّع هو من استخدمه. وحيث يُرجَّح ذلك يُذكر مع الحدث، ولا يُحتسب اطلاعًا ولا توقيعًا.
    .remedy = ولتفادي ذلك اطلب من الموقّعين إثبات هويتهم: يبقى المستند مغلقًا حتى إدخال الرمز، ولا يُحتسب الاطلاع إلا بعده.
trail-seal-attests = يشهد الختم بأن هذا الملف، بكل ما فيه من أحداث، لم يتغير منذ ختمه.
trail-seal-not = ولا يشهد بهوية الموقّعين. وطريقة إثبات هوية كل منهم مذكورة مع اسمه.
trail-seal-none = هذه النسخة بلا ختم. ويمكن مع ذلك التحقق من السجل المرفق كما هو موضح أدناه.
trail-seal-appended = بايتات المستند نفسه في أول الملف كما هي دون تغيير، وتليها هذه الصفحات.
trail-seal-container = المستند مرفق بهذا الملف كما هو، فتبقى التواقيع التي يحملها صالحة.
trail-seal-alone = لا يحوي هذا الملف سوى السجل، وهو يخص المستند ذا البصمة المذكورة أعلاه.
trail-seal-signer = ختمه
trail-seal-self-issued = { $signer } (شهادة ذاتية الإصدار)
trail-seal-certificate = بصمة الشهادة SHA-256
trail-seal-time = شاهد الوقت
    .own = ساعة الخادم
trail-verify-how = افتح العنوان أدناه أو امسح الرمز ثم اختر هذا الملف، أو تحقق منه دون اتصال. وقارن مفتاح السجل بالمفتاح الذي تنشره المؤسسة.
trail-verify-inside = مرفق بهذا الملف: everlog-bundle.jsonl، وفيه كل حدث وإثباته، وaudit-trail.json، وهو هذا السجل للبرامج.
trail-verify-url = العنوان
trail-verify-offline = دون اتصال
trail-verify-key = مفتاح السجل
trail-verify-checkpoint = الرأس الموقّع
trail-verify-bundle = بصمة الحزمة SHA-256
trail-verify-code = رمز QR يقود إلى { $url }
## Characters that cannot be seen

mark-joiner = واصل غير مرئي
mark-direction = يغيّر اتجاه النص
mark-space = لا يشغل حيزًا
mark-emptiness = يبدو فارغًا
mark-line = فاصل أسطر
mark-tag = وسم غير مرئي
mark-control = محرف تحكم
mark-alphabets = أبجديات مختلطة
    .why = حروف متشابهة من أبجديات مختلفة

## Documents under signature: their list

processes-views = المستندات والنشاط
processes-documents = المستندات
processes-activity = كل النشاط
processes-search = ابحث بالاسم أو الملف أو الموقّع أو المعرّف
processes-starter = بدأه
processes-starter-any = بدأه أي شخص
processes-status = الحالة
processes-all = الكل
processes-completed = مكتمل
processes-active = نشط
processes-inactive = غير نشط
processes-count = { $count ->
    [zero] لا مستندات
    [one] مستند واحد
    [two] مستندان
    [few] { $shown } مستندات
    [many] { $shown } مستندًا
   *[other] { $shown } مستند
}
processes-signed = وقّع { $signed } من { $count }
processes-more = و{ $count } غيرهم
processes-take = سجل التدقيق
processes-none = لا مستندات بعد
    .hint = ما إن تُنشأ عملية توقيع حتى تظهر هنا.
processes-no-match = لا يطابق أي مستند

## One document under signature

process-back = المستندات
process-facts = عن هذا المستند
process-trail = سجل التدقيق
process-final = ملف PDF النهائي مع سجل التدقيق
    .short = ملف PDF النهائي
process-trail-html = سجل التدقيق كصفحة ويب
process-trail-pdf = سجل التدقيق بصيغة PDF
process-trail-json = سجل التدقيق بصيغة JSON
process-parts = في هذه الصفحة
process-signees-more = { $count ->
    [one] موقّع واحد آخر
    [two] موقّعان آخران
    [few] { $count } موقّعين آخرين
   *[other] { $count } موقّعًا آخر
}
process-no-signees = لم يُضف أحد بعد.
process-log = ما حدث
process-order = ترتيب السجل
process-by-time = حسب الوقت
process-by-group = حسب المجموعة
process-more = { $count ->
    [zero] لا أحداث أخرى.
    [one] حدث آخر في قائمة كل النشاط.
    [two] حدثان آخران في قائمة كل النشاط.
    [few] { $shown } أحداث أخرى في قائمة كل النشاط.
    [many] { $shown } حدثًا آخر في قائمة كل النشاط.
   *[other] { $shown } حدث آخر في قائمة كل النشاط.
}
process-notices = الإشعارات
process-types = معاني الأنواع
signee-part = المشاركة
notice-when = الوقت
notice-channel = الرسالة
notice-to = إلى
notice-status = الحالة
message-invitation = دعوة
message-reminder = تذكير
message-confirmation = بريد إلى الموقّع
message-salesperson = إشعار إلى المرسل
message-sms = رسالة نصية
sent-by-email = بالبريد الإلكتروني
sent-by-sms = برسالة نصية
sent-by-whatsapp = عبر واتساب
sent-by-link = عبر رابط
delivery-sent = أُرسلت
delivery-accepted = قُبلت للتسليم
delivery-queued = قيد الانتظار
delivery-delivered = سُلّمت
delivery-opened = فُتحت
delivery-clicked = نُقر الرابط
delivery-failed = تعذّر التسليم
delivery-bounced = ارتدّت
delivery-rejected = رُفضت
delivery-undelivered = لم تُسلَّم
delivery-undeliverable = غير قابلة للتسليم
delivery-expired = انتهت المهلة
delivery-complained = أُبلغ عنها كبريد مزعج
delivery-unsubscribed = أُلغي الاشتراك
automated = برنامج على الأرجح
automated-head = سأل فقط عن وجود الصفحة
automated-agent = يعرّف نفسه بأنه فاحص معروف
automated-soon = بعد ثوانٍ من إرسال الرابط
automated-many = فُتحت روابط عدة موقّعين من عنوان واحد
automated-listed = عنوان مدرج بوصفه فاحصًا
process-group-other = غير ذلك
occurs-document-created = كلما أُنشئ مستند.
occurs-document-attached = عند إرفاق الملف المطلوب توقيعه، مع بصمته.
occurs-document-accessed = عند فتح الرابط. قد يكون ذلك برنامجًا، ولا يُحتسب اطلاعًا بعد.
occurs-signee-authenticated = عندما يثبت الموقّع هويته.
occurs-reminder-sent = عند تذكير الموقّع.
occurs-trail-made = عند إعداد سجل التدقيق وختم ملف PDF النهائي.
occurs-signee-added = لكل موقّع يُضاف.
occurs-invitation-sent = كلما أُرسل المستند إلى موقّع: مرة لكل واحد، ولو كان صاحب المستند.
occurs-document-started = عندما يبدأ التوقيع.
occurs-signee-authentication-enabled = عندما يُطلب من موقّع إثبات هويته برمز.
occurs-document-viewed = عندما يطّلع موقّع على المستند.
occurs-document-signed = عندما يوقّع موقّع. وبعد آخر توقيع مطلوب يكتمل المستند.
occurs-document-declined = عندما يرفض موقّع، مع السبب إن ذُكر.
occurs-signee-bounced = عندما يتعذّر تسليم البريد إلى موقّع.
occurs-signee-removed = عندما يُزال موقّع اختياري. وإذا لم يبقَ أحد أُلغي المستند.
occurs-document-forwarded = عندما يحيل موقّع المستند إلى شخص آخر فيُدعى للتوقيع.
occurs-document-revoked = عندما يسحب المستند صاحبه أو عضو مخوّل من الفريق.
occurs-document-expired = عندما لا يكتمل المستند في المهلة.
occurs-delivery-sms = عندما يفيد المزوّد بما صارت إليه رسالة نصية.
occurs-delivery-confirmation = عندما يفيد المزوّد بما صار إليه بريد إلى موقّع.
occurs-delivery-salesperson = عندما يفيد المزوّد بما صار إليه الإشعار إلى المرسل.
occurs-document-completed = النهاية الحسنة: كل التوقيعات المطلوبة موجودة.
occurs-document-canceled = النهاية لأي سبب آخر، ويُذكر.

## الصفحة التي تتحقّق من الملفات

verify = التحقّق من ملف
verify-what = هل سجلُّ التدقيق هذا، أو هذا الدليل من سجلٍّ ما، صادرٌ عن هذا الخادم ولم يتغيّر؟ لا يُعرض محتوى الملف على أحد.
verify-choose = اختر ملفًا أو أفلته هنا
verify-choose-another = اختر ملفًا آخر أو أفلته هنا
verify-check = تحقّق
verify-checking = جارٍ التحقّق…
verify-kept = يُفحص الملف ولا يُحفظ. الحدّ الأقصى { $most } ميغابايت.
verify-offline = ومَن لا يثق بأيّ خادم يتحقّق بنفسه دون اتصال:
verify-made = أُنشئ هنا سجل تدقيق بهذا الدليل
    .text = اختر الملف لترى أنه هو نفسه وأنه لم يتغيّر.
verify-not-made = لا يُعرف هنا شيء عن هذا الدليل
    .text = السجل الذي أُنشئ لقارئ واحد أو في مكان آخر لا يُحفظ ذكره. اختر الملف: يُفحص ما فيه على أي حال.
verify-made-when = وقت الإنشاء
verify-expected = الرمز الذي قادك إلى هنا يشير إلى الدليل
verify-ours = صادر عن هذا الخادم ولم يتغيّر
    .text = وُقِّع الملف بمفتاح هذا الخادم، ولم يتغيّر فيه حرف واحد منذ ذلك الحين.
verify-foreign = لم يتغيّر، لكنه ليس صادرًا عن هذا الخادم
    .text = الملف متّسق في ذاته، لكنه موقَّع بمفتاح غير مفتاح هذا الخادم. ولا يعرف صحّة ذلك المفتاح إلا مَن يدير ذلك السجل.
verify-fails = عُدِّل هذا الملف أو أنه غير أصلي
    .text = تغيّر شيء فيه بعد إنشائه، أو لم يصدر قط عن سجل. لا تعتمد عليه؛ اطلب الأصل ممن أعطاك إياه.
verify-unknown = لا يمكن التحقّق من هذا الملف هنا
    .text = لا يحمل ختمًا ولا دليلًا من سجل، فلا يُقال شيء عن أصالته. اختر ملف PDF مع سجل تدقيقه، أو الحزمة، كما وصلك تمامًا.
verify-no-file = لم يُختَر أي ملف
    .text = اختر الملف الذي استلمته ثم تحقّق منه.
verify-too-large = الملف كبير جدًا
    .text = تُفحص هنا ملفات حتى { $most } ميغابايت. وللأكبر منها استخدم الأمر المذكور أدناه.
verify-broke-off = لم يصل الملف كاملًا
    .text = انقطع الاتصال أو كان بطيئًا جدًا. يُرجى المحاولة مرة أخرى.
verify-busy = تُفحص الآن ملفات كثيرة
    .text = يُرجى المحاولة بعد بضع ثوانٍ.
verify-why-head = ما وُقِّع لا يطابق التوقيع.
verify-why-event = الحدث في السطر { $line } ليس كما سُجِّل.
verify-why-order = هناك أحداث ناقصة أو ليست بترتيب السجل.
verify-why-count = يحتوي الملف على أحداث غير التي يذكرها.
verify-why-root = الأحداث مجتمعةً ليست السجل الذي وُقِّع.
verify-why-erasure = ذُكر أن قيمةً مُحيت، ولا يوجد ما يُثبت ذلك.
verify-other = ملف سليم، لكنه ليس الملف الذي يشير إليه الرمز
    .text = لم يتغيّر فيه شيء. أما الرمز الذي قادك إلى هنا فمطبوع على سجل تدقيق آخر.
verify-code = هو الملف الذي يشير إليه الرمز
verify-code-yes = نعم
verify-code-no = لا: الرمز من ملف آخر
verify-sealed = وقت الختم بحسب ساعة الخادم
verify-stamped = وقت الختم بحسب جهة توقيت
verify-document = المستند
verify-document-none = لم يُرفَق أي مستند
verify-document-appended = في بداية الملف كما أُرفِق
verify-document-container = داخل الملف كما أُرفِق
verify-document-alone = ليس في الملف: فيه سجل التدقيق وحده
verify-trail-events = الأحداث في سجل التدقيق
verify-certificate = بصمة SHA-256 لشهادة الختم
verify-why-unsealed = لا يحمل ختمًا، فربما غُيِّرت صفحاته.
verify-why-seal = الختم مكسور: غُيِّر شيء بعد الختم.
verify-why-other-seal = الدليل صادر من هنا، لكن شخصًا آخر ختم الملف.
verify-why-missing = الدليل الذي ينبغي أن يكون فيه غير موجود.
verify-why-evidence = الدليل الذي فيه غير سليم.
verify-why-document = المستند الذي فيه ليس المستند الذي أُرفِق.
verify-why-trail = سجل التدقيق الذي فيه لا يطابق الدليل.
verify-events = الأحداث في الملف
verify-whole = السجل كاملًا
verify-whole-yes = نعم: لا ينقصه أي حدث
verify-whole-no = لا: كل حدث في الملف موجود في السجل، ولا يوجد ما يُثبت عدم وجود غيره
verify-log-size = عدد أحداث السجل عند التوقيع
verify-withheld = قيم محجوبة
verify-erased = قيم مُحيت، ولكلٍّ منها قيدٌ بذلك
verify-key = الموقِّع
verify-file-size = حجم الملف
verify-file-hash = بصمة SHA-256 للملف
verify-bytes = { $count ->
    [one] بايت واحد
   *[other] { $shown } بايت
}

## The language itself

language-direction = rtl

## What every page has

refresh = تحديث

## The list

rows-per-page = الصفوف

## The details

open-as-page = فتح كصفحة

## السجل داخل صفحة أخرى

embedded-title = سجل النشاط
embedded-loading = جارٍ فتح السجل…
embedded-alone = تعرض هذه الصفحة سجلًا داخل صفحة أخرى. افتحه من هناك.
embedded-ended = انتهت جلستك
embedded-ended-text = طُلب من الصفحة المحيطة أن تفتح السجل من جديد. وحالما تفعل، تتابع من حيث كنت.
embedded-renew = اطلب مرة أخرى
embedded-not-listed = لا يُسمح لهذه الصفحة بعرض السجل
embedded-not-listed-text = لا تُدرج المؤسسة { $origin } ضمن الصفحات التي يجوز لها عرض سجلها. يمكن لأحد المسؤولين إضافته إلى الإعداد embed_origins.

/* The files of web/plain, byte for byte, so that the binary needs nothing beside it. */
    .section .rodata

    .global orc_page_html
    .global orc_page_html_end
orc_page_html:
    .incbin "index.html"
orc_page_html_end:
    .byte 0

    .global orc_page_js
    .global orc_page_js_end
orc_page_js:
    .incbin "app.js"
orc_page_js_end:
    .byte 0

    .global orc_page_css
    .global orc_page_css_end
orc_page_css:
    .incbin "style.css"
orc_page_css_end:
    .byte 0

    .section .note.GNU-stack, "", @progbits

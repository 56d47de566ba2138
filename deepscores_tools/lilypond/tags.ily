% Makes LilyPond (2.24 or later) say in its SVG what each shape is, for the dataset readers of
% deepscores_tools. Include it before the music, and write SVG, a file a page:
%
%     \include "tags.ily"
%
%     lilypond --svg score.ly
%
% Each grob becomes <g class="NoteHead" data-staff-position="3" ...>: its name, and those of the
% properties below that it has. data-stem numbers the stem that a note head or flag belongs to.

#(ly:set-option 'point-and-click #f)

#(define tagged-properties
   '(alteration alteration-alist direction duration-log flag-count font-size fraction glyph
     glyph-name grow-direction line-count measure-count parenthesized script-stencil
     slash-count staff-position stroke-style style text))

#(define stem-numbers (make-hash-table))

#(define (stem-number stem)
   (or (hashq-ref stem-numbers stem)
       (hashq-set! stem-numbers stem (1+ (hash-count (const #t) stem-numbers)))))

#(define (stem-of grob)
   (let ((parent (ly:grob-parent grob X)))
     (cond ((eq? (grob::name grob) 'Stem) grob)
           ((eq? (grob::name grob) 'Flag) (and (ly:grob? parent) parent))
           (else (let ((stem (ly:grob-object grob 'stem #f))) (and (ly:grob? stem) stem))))))

% LilyPond writes attributes as they are, and these would end them.
#(define forbidden (string->char-set "\"&<>"))

#(define (shown value)
   (string-delete
    forbidden
    (cond ((string? value) value)
          ((markup? value) (markup->string value))
          (else (format #f "~a" value)))))

#(define (tags grob)
   (let ((stem (stem-of grob)))
     (append
      `((class . ,(symbol->string (grob::name grob))))
      (if stem `((data-stem . ,(number->string (stem-number stem)))) '())
      (filter-map
       (lambda (property)
         (let ((value (ly:grob-property grob property #f)))
           (and value
                (not (null? value))
                (not (procedure? value))
                (cons (string->symbol (format #f "data-~a" property)) (shown value)))))
       tagged-properties))))

\layout {
  \context {
    \Global
    \grobdescriptions
    #(map (lambda (grob) (cons (car grob) (acons 'output-attributes tags (cdr grob))))
          all-grob-descriptions)
  }
}

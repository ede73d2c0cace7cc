// What guessers try beside lists of leaked passwords: phrases that everybody knows, and rows of keyboards without Latin
// letters. Written as they are said; compared without blanks and signs.

export const famousPhrases: readonly string[] = `
correct horse battery staple
to be or not to be that is the question
may the force be with you
the quick brown fox jumps over the lazy dog
once upon a time
never gonna give you up never gonna let you down
in god we trust
open sesame
live long and prosper
lorem ipsum dolor sit amet
winter is coming
i am your father
luke i am your father
one ring to rule them all
you shall not pass
my precious
elementary my dear watson
houston we have a problem
i have a dream
ask not what your country can do for you
yes we can
make america great again
we the people
four score and seven years ago
keep calm and carry on
god save the queen
god save the king
long live the king
i think therefore i am
cogito ergo sum
carpe diem
veni vidi vici
alea iacta est
memento mori
e pluribus unum
knowledge is power
time is money
money makes the world go round
all you need is love
let it be
here comes the sun
yellow submarine
we will rock you
we are the champions
another one bites the dust
bohemian rhapsody
stairway to heaven
smells like teen spirit
dancing queen
mamma mia
hotel california
welcome to the jungle
sweet child of mine
highway to hell
back in black
born to be wild
like a rolling stone
imagine all the people
twinkle twinkle little star
happy birthday to you
jingle bells
we wish you a merry christmas
row row row your boat
mary had a little lamb
humpty dumpty sat on a wall
the cat in the hat
green eggs and ham
one fish two fish
roses are red violets are blue
an apple a day keeps the doctor away
the early bird catches the worm
home sweet home
there is no place like home
there's no place like home
follow the yellow brick road
over the rainbow
let it go
hakuna matata
to infinity and beyond
just keep swimming
life is like a box of chocolates
run forrest run
i'll be back
hasta la vista baby
show me the money
i see dead people
here's looking at you kid
play it again sam
frankly my dear i don't give a damn
say hello to my little friend
the truth is out there
beam me up scotty
resistance is futile
these are not the droids you're looking for
do or do not there is no try
a long time ago in a galaxy far far away
valar morghulis
a lannister always pays his debts
expecto patronum
the answer is forty two
don't panic
so long and thanks for all the fish
all your base are belong to us
the cake is a lie
hello world
i love you forever
i love you so much
i love my family
jesus loves me
jesus is lord
god is good
god is love
the lord is my shepherd
our father who art in heaven
allahu akbar
inshallah
in the beginning
peace and love
live laugh love
no pain no gain
just do it
think different
never give up
carry on my wayward son
you only live once
what does the fox say
who let the dogs out
what is my password
this is my password
this is a password
i forgot my password
incorrect password
my password is secure
very secure password
super secret password
please let me in
let me in please
open the door
change me please
change this password
default password
temporary password
new password
one two three four five six seven eight nine ten
eins zwei drei vier fünf sechs sieben acht
uno dos tres cuatro cinco seis
un deux trois quatre cinq six
um dois três quatro cinco seis
alles wird gut
alles neu macht der mai
ich liebe dich für immer
guten morgen deutschland
hallo welt
sesam öffne dich
freude schöner götterfunken
je t'aime pour toujours
liberté égalité fraternité
vive la france
bonjour tout le monde
te amo para siempre
te quiero mucho
hola mundo
viva españa
eu te amo
ti amo tanto
seni seviyorum
я тебя люблю
привет мир
йцукенгшщзхъ
йцукенг
фывапролджэ
фывапрол
ячсмитьбю
пароль
любовь
ضصثقفغعهخحجد
شسيبلاتنمكط

`
  .split('\n')
  .filter((line) => line !== '')

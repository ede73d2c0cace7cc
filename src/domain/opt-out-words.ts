// How people say that they want no more messages, or want them again, by language: data that domain/opt-out.ts reads.
// Phrases are separated by commas. `[a|b]` may be left out, `(a|b)` is one of several. Case, accents, punctuation and
// emoji are of no account, so none are written where a plain letter does.

export interface LanguageWords {
  /** An opt-out when it is the whole text, and perhaps one within a short text. */
  stop: string
  /** What may follow those: what is to stop. */
  filler?: string
  /** An opt-out only as the whole text: within others such words mean something else, and on a button too. */
  alone?: string
  /** May mean it: a person decides. */
  perhaps?: string
  /** What may stand around any of these without changing it. */
  polite: string
  /** Asks for messages again. */
  start?: string
}

export const optOutWords = {
  english: {
    stop: `stop, stopall, stop (sending|send|messaging|texting|contacting|spamming|writing|writing to|bothering|harassing|calling),
      (dont|do not|never) (send|text|message|contact|write|write to|bother|spam) [to] (me|us), no more (messages|texts|sms|spam|ads|offers|promotions|promos|marketing|updates),
      [i] (want|dont want|do not want) no more messages, i (dont|do not) want [to receive|to get] [any|any more|these|your|more] (messages|texts|sms|spam|ads|offers|promotions|marketing),
      i (dont|do not) wish to (receive|get) [any|any more|these|your|more] (messages|texts|sms|ads|offers|promotions|marketing),
      (remove|delete|take) me [off|from] [this|the|your|all|my] [mailing list|contact list|marketing list|list|lists|database|contacts],
      (remove|delete|take) my [phone|contact] (number|details) [off|from] [this|the|your] [list|lists|database],
      [i] (want|wish|would like|id like|need) to (unsubscribe|opt out|be removed), (unsubscribe|unsubscribed) [me|now|all|from all], unsubscribe [me] from (this list|your list|this),
      opt out, opt me out, optout, unsubcribe, unsuscribe, unsubsribe, unsubscrib, unsubscibe, unscribe, revoke consent`,
    filler: `it, this, that, all, everything, me, us, to me, any, more, any more, anymore, again, ever again, these, those, your, the, messages, message, msgs, texts, text messages,
      sms, whatsapp, whatsapps, whatsapp messages, spam, ads, adverts, offers, promotions, promos, marketing, marketing messages, promotional messages, updates, notifications, newsletter,
      subscription, stuff, them, from you`,
    alone: 'cancel, end, quit, no more, revoke, halt, stahp',
    perhaps: `stpo, sotp, stp, stob, stoop, leave me alone, not interested, i am not interested, im not interested, no thanks, no thank you,
      go away, fuck off, enough, spam, this is spam, wrong number, remove, delete, block, blocked, i will report you, reported,
      cancel [my|the] subscription, how do i (unsubscribe|opt out|stop)`,
    polite: `please, pls, plz, plse, kindly, thank you, thank you very much, thanks, many thanks, thx, ty, hi, hello, hey, dear, sir, madam,
      ok, okay, now, immediately, right now, at once, can you, could you, would you, will you, just, sorry, cheers, regards, i said`,
    start: `start, unstop, subscribe, subscribe me, resubscribe, opt in, opt me in, optin, resume, restart, start again,
      (start|resume|restart) (sending|texting|messaging|writing) [me|us|to me|me your|your] [messages|texts|offers|updates|promotions|newsletters] [again],
      (start|resume|restart) [the|my|your] (messages|texts|offers|updates|promotions|notifications|subscription|newsletter) [again],
      (send|text|message|write) me [messages|texts|offers|updates] again, [i] want [your|to get|to receive] (messages|texts|offers|updates) again,
      (sign me up|subscribe me|subscribe|opt me in|opt in) again`,
  },
  spanish: {
    stop: `darse de baja, darme de baja, dar de baja, dame de baja, deme de baja, denme de baja, [quiero|deseo] darme de baja,
      [quiero] desuscribirme, desuscribir, desuscribirse, desuscribime, cancelar [la|mi] suscripcion, anular [la|mi] suscripcion,
      (parar|detener|cancelar|detengan|paren) [las|los|sus|estas|estos] (promociones|mensajes|publicidad|notificaciones|ofertas),
      no mas (mensajes|promociones|publicidad|notificaciones|ofertas|spam),
      [ya] no (quiero|deseo) [recibir] [mas|sus|estos] (mensajes|promociones|publicidad|notificaciones|ofertas|spam|nada),
      [ya] no me (envie|envies|envien|mande|mandes|manden|escriba|escribas|escriban|contacte|contactes|contacten) [mas|mas mensajes|mensajes|nada mas|publicidad|mas publicidad],
      (deja|deje|dejen|dejar|dejad) de (enviar|enviarme|mandar|mandarme|escribir|escribirme|molestar|molestarme) [mensajes|mas mensajes|publicidad|promociones],
      (eliminame|elimineme|eliminenme|borrame|borreme|borrenme|quitame|quiteme|quitenme|sacame|saqueme|saquenme) [de] [la|su|tu|esta|sus] [lista|listas|base de datos]`,
    alone: `alto, baja, cancelar, cancela, parar, para, pare, paren, basta, basta ya, salir, detener, detente, detenga, detengan, no mas, ya no,
      remover, terminar, anular`,
    perhaps:
      'no me interesa, no estoy interesado, no estoy interesada, no gracias, dejenme en paz, dejame en paz, no molestar, no molesten, eliminar, fin, numero equivocado',
    polite:
      'por favor, porfavor, porfa, favor, gracias, muchas gracias, hola, buenos dias, buenas tardes, buenas noches, buenas, senor, senora',
    start:
      'alta, dar de alta, darme de alta, suscribir, suscribirme, suscribirse, empezar, iniciar, comenzar, volver, reanudar',
  },
  portuguese: {
    stop: `descadastrar, descadastre, me descadastre, quero me descadastrar, descadastro, cancelar [a|minha] (inscricao|assinatura), cancelar inscricao, desinscrever, me desinscrever,
      (parar|pare|parem|cancelar) [as|os|com|de|de enviar|de mandar|com as|com os|de me enviar] (promocoes|mensagens|mensagem|publicidade|notificacoes|ofertas|spam),
      nao (quero|desejo) [mais] [receber] [mais|suas|essas|estas] (mensagens|mensagem|promocoes|publicidade|ofertas|spam|nada),
      nao me (envie|enviem|mande|mandem|escreva|contate|contatem) mais [mensagens|mensagem|nada|promocoes],
      (parem|pare|para) de me (enviar|mandar|escrever|incomodar) [mensagens|mensagem|promocoes],
      (remova me|me remova|me remove|retire me|me retire|me tira|me tire|me exclua|remover me|me remover) [da|de|desta|dessa] [sua] [lista], nao receber mais, chega de mensagens`,
    alone: 'parar, pare, parem, sair, remover, cancelar, cancela, cancele, basta, chega, encerrar, nao mais, excluir',
    perhaps:
      'nao tenho interesse, nao me interessa, sem interesse, nao obrigado, nao obrigada, me deixa em paz, me deixe em paz, numero errado',
    polite:
      'por favor, pfv, favor, obrigado, obrigada, muito obrigado, muito obrigada, ola, oi, bom dia, boa tarde, boa noite, se faz favor, grato, grata',
    start: 'voltar, iniciar, inscrever, inscrever me, quero me inscrever, assinar, retomar, recomecar',
  },
  french: {
    stop: `arret, arreter, arretez, arrete, arretez tout, desabonner, se desabonner, me desabonner, desabonnez moi, desabonne moi, desabonnement,
      desinscription, desinscrire, se desinscrire, me desinscrire, desinscrivez moi, [je veux|je souhaite|je voudrais] me (desabonner|desinscrire),
      (arretez|arreter|stop) de (m'ecrire|me contacter|me deranger|m'envoyer des messages), ne plus recevoir [de|vos|ces|les] [messages|publicites|promotions|sms],
      plus de (messages|pub|publicite|promotions|sms), ne (me contactez|m'ecrivez|m'envoyez) plus [de] [messages|rien|publicite|sms],
      je ne veux plus [recevoir] [de|vos|ces|rien|de vos] [messages|publicites|publicite|promotions|sms|pub],
      (supprimez moi|retirez moi|enlevez moi|effacez moi) [de] [la|votre|cette|vos] [liste|listes|fichier]`,
    filler:
      "de, les, vos, ces, la, cette, toutes les, tous les, d'envoyer, de m'envoyer, de m'envoyer des, des, promotions, messages, envois, pub, pubs, publicites, publicite, notifications, sms, offres",
    alone: 'fin, resilier, annuler, stopper, stoppez, assez, ca suffit',
    perhaps:
      'pas interesse, pas interessee, je ne suis pas interesse, je ne suis pas interessee, non merci, laissez moi tranquille, foutez moi la paix, mauvais numero',
    polite:
      "s'il vous plait, s'il te plait, svp, stp, merci, merci beaucoup, merci d'avance, bonjour, bonsoir, salut, merci de, veuillez, monsieur, madame",
    start:
      "s'abonner, m'abonner, abonner, abonnez moi, reabonner, reprendre, s'inscrire, m'inscrire, demarrer, commencer",
  },
  german: {
    stop: `stopp, stoppen, abmelden, abmeldung, abbestellen, abbestellung, austragen, newsletter (abmelden|abbestellen), (werbung|nachrichten) (stoppen|abbestellen|abmelden|einstellen),
      [ich] [mochte|moechte|will|wunsche|wuensche] keine (werbung|nachrichten|nachricht|angebote|sms|infos|newsletter) [mehr] [erhalten|bekommen|haben],
      [ich] (mochte|moechte|will) (mich abmelden|mich austragen|nichts mehr bekommen|nichts mehr erhalten|nicht mehr angeschrieben werden|nicht mehr kontaktiert werden),
      (schreibt|schreiben sie|schreib|schickt|schicken sie|schick|senden sie|sendet|sende) mir [bitte] (nicht mehr|nichts mehr|nie wieder|keine nachrichten mehr|keine werbung mehr|keine sms mehr),
      nicht mehr (schreiben|anschreiben|senden|kontaktieren|belastigen), (melden sie|meldet|melde) mich ab, mich (abmelden|austragen|loschen|loeschen),
      (loschen sie|loeschen sie|loscht|losche|loesche|nehmt|nehmen sie) [bitte] (mich|meine nummer) [aus der liste|aus ihrer liste|aus dem verteiler|raus], aus dem verteiler (nehmen|loschen|loeschen)`,
    alone:
      'ende, schluss, kundigen, kuendigen, aufhoren, aufhoeren, beenden, abbrechen, loschen, loeschen, aus, keine werbung, nicht mehr',
    perhaps:
      'kein interesse, nicht interessiert, nein danke, lasst mich in ruhe, lassen sie mich in ruhe, es reicht, genug, falsche nummer, verpisst euch',
    polite:
      'bitte, danke, danke schon, dankeschon, vielen dank, besten dank, hallo, guten tag, hi, moin, sofort, jetzt, konnen sie, koennen sie, konnt ihr, mfg',
    start: 'anmelden, abonnieren, wieder anmelden, wieder starten, fortsetzen, anfangen',
  },
  italian: {
    stop: `disiscrivimi, disiscrivermi, disiscrivi, disiscriviti, disiscrizione, cancellami, cancellatemi, cancella iscrizione, annulla iscrizione, annulla l'iscrizione, disdire iscrizione,
      (ferma|fermate|interrompi|interrompete|stop|basta) [con] [le|i|alle|ai|questi|queste] (promozioni|messaggi|pubblicita|offerte|notifiche),
      non voglio [piu] [ricevere] [piu|altri|i vostri] (messaggi|promozioni|pubblicita|offerte|nulla|niente),
      non (mandatemi|mandarmi|inviatemi|inviarmi|scrivetemi|scrivermi|contattatemi|contattarmi) piu [messaggi|nulla|niente|pubblicita],
      (rimuovimi|rimuovetemi|toglietemi|toglimi|eliminatemi) [da|dalla] [questa|vostra] [lista]`,
    alone:
      'basta, ferma, fermati, fermatevi, fermare, cancella, cancellare, annulla, rimuovi, fine, smettila, smettetela, esci',
    perhaps:
      'non mi interessa, non sono interessato, non sono interessata, no grazie, lasciatemi in pace, numero sbagliato',
    polite: 'per favore, per cortesia, per piacere, grazie, grazie mille, ciao, salve, buongiorno, buonasera, prego',
    start: 'iscrivimi, iscrivermi, iscriviti, inizia, avvia, riprendi, riattiva',
  },
  dutch: {
    stop: `afmelden, uitschrijven, [ik wil] me (afmelden|uitschrijven), [ik wil] mij (afmelden|uitschrijven), meld me af, schrijf me uit, afmelding, uitschrijving,
      stop (met|met het) (sturen|berichten|reclame|appen|berichten sturen), stop (aanbiedingen|reclame|berichten|met sturen),
      geen (berichten|reclame|aanbiedingen|spam) meer, (stuur|stuurt) (me|mij) (niets|geen berichten|geen reclame) meer, niet meer (sturen|appen|mailen),
      [ik] wil geen (berichten|reclame|aanbiedingen) meer [ontvangen|krijgen], (verwijder|haal) (me|mij) [uit|van] [de|deze|jullie] [lijst]`,
    alone: 'stoppen, stopzetten, einde, ophouden, annuleren, opzeggen',
    perhaps: 'geen interesse, niet geinteresseerd, nee dank je, nee bedankt, laat me met rust, verkeerd nummer, genoeg',
    polite:
      'alsjeblieft, alstublieft, aub, ajb, graag, bedankt, dank je, dank je wel, dank u, dank u wel, hallo, hoi, goedemorgen, goedemiddag, svp',
    start: 'aanmelden, inschrijven, starten, hervatten',
  },
  swedish: {
    stop: `stopp, avsluta prenumerationen, avregistrera, avregistrera mig, avprenumerera, avanmal mig, avanmala, sluta (skicka|skriva|smsa) [till mig|meddelanden|sms|mig], inga fler (meddelanden|sms|erbjudanden),
      skicka inte (mer|fler meddelanden), ta bort mig [fran listan], jag vill inte ha (fler|mer) (meddelanden|sms|reklam)`,
    alone: 'avsluta, sluta, avbryt',
    perhaps: 'inte intresserad, nej tack, lamna mig ifred, fel nummer',
    polite: 'tack, snalla, tack sa mycket, hej, vanligen',
    start: 'starta, borja, prenumerera, anmal mig',
  },
  norwegian: {
    stop: `stopp, avmeld, avmelde, meld meg av, avslutt abonnementet, slutt (a sende|a skrive|a sende meldinger), ikke (send|skriv) [meg] [flere|mer] [meldinger], ingen flere meldinger,
      fjern meg [fra listen], jeg vil ikke ha (flere|mer) (meldinger|reklame)`,
    alone: 'avslutt, slutt, avbryt',
    perhaps: 'ikke interessert, nei takk, la meg vaere i fred, feil nummer',
    polite: 'takk, vennligst, tusen takk, hei, er du snill',
    start: 'begynn, abonner, meld meg pa',
  },
  danish: {
    stop: `afmeld, afmelde, afmeld mig, framelding, frameld, frameld mig, stop med at (sende|skrive) [beskeder|mig], send ikke flere beskeder, ingen flere beskeder, slet mig [fra listen],
      jeg vil ikke have flere beskeder`,
    alone: 'slut, ophor, afslut',
    perhaps: 'ikke interesseret, nej tak, lad mig vaere i fred, forkert nummer',
    polite: 'tak, venligst, mange tak, vaer venlig, hej',
    start: 'tilmeld, tilmeld mig, begynd',
  },
  icelandic: {
    stop: 'haetta, afskra, afskra mig, stopp, stoppa, ekki senda mer fleiri skilabod',
    polite: 'takk, vinsamlegast',
    start: 'byrja, skra mig',
  },
  finnish: {
    stop: `lopeta, lopettakaa, peruuta tilaus, peru tilaus, poista minut [listalta], ei enaa (viesteja|mainoksia), alka lahettako [enaa] [viesteja], ala laheta [enaa] [viesteja], lopeta (viestit|viestien lahettaminen|mainokset),
      en halua [enaa] (viesteja|mainoksia)`,
    alone: 'lopetus, seis, peruuta, peru',
    perhaps: 'ei kiinnosta, ei kiitos, vaara numero',
    polite: 'kiitos, ole hyva, olkaa hyva, hei, moi, pyydan',
    start: 'aloita, tilaa, jatka',
  },
  polish: {
    stop: `wypisz, wypisz mnie, wypisac, wypisz sie, rezygnuje, rezygnacja, zrezygnuj, stop (reklamom|wiadomosciom), anuluj subskrypcje, nie (wysylajcie|wysylaj|pisz|piszcie|przysylajcie) [do mnie|mi] [wiecej|juz] [wiadomosci],
      nie (chce|zycze sobie) [wiecej|juz] [otrzymywac] (wiadomosci|reklam|smsow), usun mnie [z listy], usuncie mnie [z listy], koniec (reklam|wiadomosci)`,
    alone: 'koniec, dosc, przestan, przestancie, anuluj, odmowa',
    perhaps: 'nie jestem zainteresowany, nie jestem zainteresowana, nie dziekuje, dajcie mi spokoj, pomylka, zly numer',
    polite: 'prosze, dziekuje, dzieki, bardzo prosze, dzien dobry, witam, czesc, uprzejmie',
    start: 'zapisz, zapisz mnie, wznow, zacznij',
  },
  czech: {
    stop: `odhlasit, odhlasit se, odhlaste me, odhlas me, odhlaseni, zrusit odber, zrusit odebirani, neposilejte [mi] [uz|dalsi] [zpravy], nepiste mi, nechci [uz|dalsi|dostavat] (zpravy|reklamy|nabidky|dostavat zpravy),
      vymazte me [ze seznamu], uz (neposilejte|nepiste)`,
    alone: 'konec, dost, zrusit, prestante',
    perhaps: 'nemam zajem, ne dekuji, spatne cislo',
    polite: 'prosim, dekuji, diky, dobry den, ahoj, prosim vas',
    start: 'prihlasit, prihlasit se, zacit, obnovit',
  },
  slovak: {
    stop: 'odhlasit, odhlasit sa, odhlaste ma, zrusit odber, neposielajte [mi] [uz|dalsie] [spravy], nechcem [uz|dalsie] spravy, vymazte ma',
    alone: 'koniec, dost, prestante',
    perhaps: 'nemam zaujem',
    polite: 'prosim, dakujem, vdaka, dobry den',
    start: 'prihlasit, prihlasit sa',
  },
  romanian: {
    stop: `dezabonare, dezabonati ma, dezaboneaza ma, vreau sa ma dezabonez, ma dezabonez, opriti mesajele, nu [imi|mi] mai (trimiteti|trimite|scrieti|scrie) [mesaje], nu mai vreau [sa primesc] [mesaje|reclame],
      stergeti ma [din lista], scoateti ma [din lista]`,
    alone: 'opreste, opriti, oprire, gata, renunt, anulare, anuleaza',
    perhaps: 'nu ma intereseaza, nu sunt interesat, nu sunt interesata, nu multumesc, numar gresit',
    polite: 'va rog, te rog, multumesc, mersi, multumesc frumos, buna ziua, buna, salut, rog',
    start: 'abonare, abonati ma, reia, incepe',
  },
  hungarian: {
    stop: `leiratkozas, leiratkozom, leiratkozni, le akarok iratkozni, szeretnek leiratkozni, ne (kuldjenek|kuldjon|kuldj|irjanak|irjon) [nekem] [tobb|tobbet|tobb uzenetet|uzenetet],
      nem kerek [tobb] (uzenetet|reklamot|ertesitest), toroljenek [a listarol], toroljon [a listarol]`,
    alone: 'allj, eleg, vege, lemondas, lemondom, hagyjak abba, hagyd abba',
    perhaps: 'nem erdekel, koszonom nem, rossz szam',
    polite: 'kerem, kerlek, koszonom, koszi, koszonom szepen, szia, jo napot, udv',
    start: 'feliratkozas, feliratkozom, inditas, folytatas',
  },
  greek: {
    stop: `σταματήστε, σταματήστε να (μου στέλνετε|στέλνετε) [μηνύματα], διαγραφή, διαγράψτε με, διαγραφή από τη λίστα, απεγγραφή, κατάργηση εγγραφής, διακοπή [μηνυμάτων],
      δεν θέλω [άλλα] (μηνύματα|διαφημίσεις), μη μου (στέλνετε|ξαναστείλετε) [άλλα] [μηνύματα], όχι άλλα μηνύματα`,
    alone: 'στοπ, σταμάτα, τέλος, τέρμα, ακύρωση, φτάνει',
    perhaps: 'δεν ενδιαφέρομαι, όχι ευχαριστώ, λάθος αριθμός',
    polite: 'παρακαλώ, ευχαριστώ, σας ευχαριστώ, σας παρακαλώ, ευχαριστώ πολύ, γεια σας, γεια, καλημέρα, καλησπέρα',
    start: 'έναρξη, εγγραφή, ξεκίνα',
  },
  turkish: {
    stop: `abonelikten çık, abonelikten çıkmak istiyorum, aboneliği iptal et, aboneliğimi iptal edin, listeden çıkar, listeden çıkarın, beni (listeden çıkar|listeden çıkarın|çıkarın|silin),
      promosyonları durdur, (mesaj|mesajları) (gönderme|göndermeyin|atmayın|atma|istemiyorum|almak istemiyorum|durdur|durdurun), [artık] mesaj istemiyorum, bir daha (yazmayın|mesaj atmayın|mesaj göndermeyin), reklam istemiyorum`,
    alone: 'dur, durdur, durdurun, iptal, iptal et, çık, çıkış, yeter, bitir, son, ret, red',
    perhaps: 'ilgilenmiyorum, hayır teşekkürler, rahatsız etmeyin, yanlış numara',
    polite: 'lütfen, teşekkürler, teşekkür ederim, sağolun, sağ olun, merhaba, selam, iyi günler, rica ederim',
    start: 'başla, başlat, abone ol, devam et, devam',
  },
  russian: {
    stop: `отписаться, отписка, отпишите меня, отпиши меня, отписать, [я] [хочу|хотел бы] отписаться, отмена подписки, отменить подписку, [больше] не (пишите|присылайте|отправляйте|шлите) [мне] [больше] [сообщения|сообщений|рекламу|смс],
      [я] [больше] не хочу [больше] получать [ваши|эти] (сообщения|рекламу|смс|рассылку), удалите меня [из списка|из рассылки|из базы], уберите меня [из списка|из рассылки], прекратите (писать|рассылку|присылать), остановите рассылку`,
    alone: 'стоп, хватит, отмена, прекратите, отстаньте, довольно, конец',
    perhaps: 'не интересует, мне не интересно, неинтересно, нет спасибо, оставьте меня в покое, спам, ошиблись номером',
    polite: 'пожалуйста, спасибо, большое спасибо, здравствуйте, привет, добрый день, прошу, прошу вас',
    start: 'старт, подписаться, подписка, возобновить, начать',
  },
  ukrainian: {
    stop: `відписатися, відписатись, відписка, відпишіть мене, скасувати підписку, [більше] не (пишіть|надсилайте|присилайте) [мені] [більше] [повідомлень|повідомлення|рекламу],
      [я] не хочу [більше] отримувати [ваші] (повідомлення|рекламу), видаліть мене [зі списку], припиніть (писати|розсилку), приберіть мене [зі списку]`,
    alone: 'стоп, досить, скасувати, припиніть, годі',
    perhaps: 'не цікавить, ні дякую, дайте спокій',
    polite: 'будь ласка, дякую, щиро дякую, добрий день, привіт, вітаю, прошу',
    start: 'підписатися, підписатись, почати, відновити',
  },
  bulgarian: {
    stop: 'отпиши ме, отпишете ме, отписване, отписвам се, не ми (пишете|пращайте) [повече] [съобщения], не искам [повече] съобщения, спрете да ми пишете',
    alone: 'стоп, спри, спрете, край',
    polite: 'моля, благодаря, здравейте',
    start: 'абонирай ме',
  },
  serbianAndCroatian: {
    stop: `odjava, odjavi me, odjavite me, odjaviti se, nemojte (mi slati|mi pisati|slati) [vise] [poruke], ne zelim [vise] [primati|dobijati] poruke, ne saljite [mi] [vise] [poruke], uklonite me [s liste|sa liste],
      одјава, одјавите ме, не шаљите ми више поруке`,
    alone: 'stani, prestani, prestanite, dosta, kraj, otkazi, otkazati, стани, престани, доста',
    polite: 'molim, molim vas, hvala, hvala lijepo, zdravo, bok, dobar dan, молим, хвала',
    start: 'prijava, prijavi me, pretplati me',
  },
  arabic: {
    stop: `إلغاء الاشتراك, الغي اشتراكي, إلغاء اشتراكي, ألغوا اشتراكي, أريد إلغاء الاشتراك, إيقاف (العروض|الرسائل|الاشتراك|الإعلانات), أوقفوا (الرسائل|الإرسال), أوقف (الرسائل|الإرسال), توقف عن (الإرسال|إرسال الرسائل|مراسلتي), توقفوا عن (الإرسال|إرسال الرسائل|مراسلتي),
      لا (ترسل|ترسلوا|تراسلني|تراسلوني) [لي] [رسائل|المزيد|مرة أخرى|بعد الآن], لا أريد [المزيد من|استلام|تلقي] (رسائل|الرسائل|رسائلكم|إعلانات), احذفوني [من القائمة], احذف رقمي, احذفوا رقمي, ازالة من القائمة`,
    alone: 'قف, توقف, توقفوا, إيقاف, أوقف, أوقفوا, إلغاء, ألغي, كفى, خلاص, ستوب',
    perhaps: 'غير مهتم, غير مهتمة, لست مهتما, لا شكرا, رقم خاطئ, رقم غلط',
    polite:
      'من فضلك, من فضلكم, لو سمحت, لو سمحتم, رجاء, الرجاء, شكرا, شكرا لكم, شكرا جزيلا, مرحبا, السلام عليكم, أرجوكم, أرجو',
    start: 'ابدأ, ابدا, اشتراك, اشترك, تفعيل, استئناف',
  },
  persian: {
    stop: 'لغو اشتراک, لغو عضویت, حذف از لیست, پیام ندهید, پیام نفرستید, دیگر پیام ندهید, نمی‌خواهم پیام دریافت کنم',
    alone: 'لغو, توقف, توقف شود, ستوپ, استپ, بس, کافی است',
    polite: 'لطفا, ممنون, متشکرم, سلام, مرسی',
    start: 'شروع, عضویت',
  },
  hebrew: {
    stop: `הסר, הסר אותי, להסיר, להסרה, הסרה, הסירו אותי, תסירו אותי, תסיר אותי, הסר מרשימה, הסר מהרשימה, בטל הודעות, בטלו הודעות, בטל מנוי, ביטול מנוי, [אל] תפסיקו (לשלוח|לשלוח לי|לשלוח הודעות),
      אל (תשלחו|תשלח) [לי] [יותר|הודעות|עוד הודעות], לא (רוצה|מעוניין|מעוניינת) [יותר] [לקבל] (הודעות|פרסומות|הודעות יותר)`,
    alone: 'עצור, עצרו, ביטול, די, תפסיקו, הפסק, סטופ, מספיק',
    perhaps: 'לא מעוניין, לא מעוניינת, לא תודה, טעות במספר',
    polite: 'בבקשה, תודה, תודה רבה, שלום, היי, אנא, נא',
    start: 'התחל, הצטרף, הצטרפות, חידוש',
  },
  urdu: {
    stop: `بند کریں, بند کرو, بند کر دیں, روکیں, میسج (بند کریں|بند کرو|نہ کریں|مت کریں|نہ بھیجیں|مت بھیجیں), پیغام (بند کریں|نہ بھیجیں|مت بھیجیں), پیغامات بند کریں, مجھے (میسج|پیغام) (نہ کریں|مت کریں|نہ بھیجیں|مت بھیجیں), ان سبسکرائب,
      msg mat (karo|karen|bhejo|bhejen), message mat (karo|karen|bhejo|bhejen), message band (karo|karen)`,
    alone: 'بند, رکو, رک جائیں, ختم, بس, band karo, bas',
    polite: 'براہ کرم, براہ مہربانی, مہربانی, شکریہ, پلیز, السلام علیکم, shukriya, meherbani',
    start: 'شروع, شروع کریں, سبسکرائب',
  },
  hindi: {
    stop: `बंद करें, बंद करो, बंद कर दो, बंद कर दें, बंद कीजिए, बन्द करें, बन्द करो, रोकें, रोक दें, रोको, रोकिए, (मैसेज|मेसेज|संदेश) (बंद करें|बंद करो|मत भेजो|मत भेजें|मत भेजिए|न भेजें|मत करो|मत करें|नहीं चाहिए),
      मुझे (मैसेज|मेसेज|संदेश) (मत भेजो|मत भेजें|न भेजें|मत करो|नहीं चाहिए), सदस्यता (रद्द करें|समाप्त करें), अनसब्सक्राइब, स्टॉप, mujhe message mat (karo|bhejo)`,
    alone: 'बंद, बन्द, बस, रद्द करें, समाप्त, नहीं चाहिए',
    polite: 'कृपया, प्लीज, प्लीज़, धन्यवाद, शुक्रिया, नमस्ते, जी, kripya, dhanyavad',
    start: 'शुरू, शुरू करें, शुरू करो, सदस्यता लें, सब्सक्राइब',
  },
  bengali: {
    stop: `বন্ধ করুন, বন্ধ করো, বন্ধ কর, বন্ধ করে দিন, থামুন, থামাও, থামান, (মেসেজ|বার্তা) (বন্ধ করুন|পাঠাবেন না|দিবেন না|চাই না), আর (মেসেজ|বার্তা) (পাঠাবেন না|চাই না), আনসাবস্ক্রাইব, সদস্যতা বাতিল`,
    alone: 'বন্ধ, বাতিল, থাম, স্টপ',
    polite: 'দয়া করে, অনুগ্রহ করে, প্লিজ, ধন্যবাদ, নমস্কার, হ্যালো',
    start: 'শুরু, শুরু করুন, সাবস্ক্রাইব',
  },
  tamil: {
    stop: `நிறுத்து, நிறுத்தவும், நிறுத்துங்கள், நிறுத்துக, (செய்தி|செய்திகளை|மெசேஜ்) (நிறுத்து|நிறுத்தவும்|நிறுத்துங்கள்|அனுப்ப வேண்டாம்|அனுப்பாதீர்கள்|வேண்டாம்), குழுவிலகு, சந்தாவை ரத்து செய்`,
    alone: 'வேண்டாம், போதும், ரத்து, ஸ்டாப்',
    polite: 'தயவுசெய்து, தயவு செய்து, நன்றி, ப்ளீஸ், வணக்கம்',
    start: 'தொடங்கு, தொடங்கவும், ஆரம்பி',
  },
  telugu: {
    stop: 'ఆపండి, ఆపు, ఆపివేయండి, నిలిపివేయండి, (మెసేజ్లు|సందేశాలు) (ఆపండి|పంపవద్దు|వద్దు), సందేశాలు పంపకండి',
    alone: 'వద్దు, చాలు, రద్దు',
    polite: 'దయచేసి, ధన్యవాదాలు, ప్లీజ్, నమస్తే',
    start: 'ప్రారంభించు, ప్రారంభించండి',
  },
  marathi: {
    stop: 'थांबवा, थांबा, बंद करा, (मेसेज|संदेश) (बंद करा|पाठवू नका|नको)',
    alone: 'नको, पुरे',
    polite: 'कृपया, धन्यवाद, प्लीज',
    start: 'सुरू करा',
  },
  gujarati: {
    stop: 'બંધ કરો, રોકો, (મેસેજ|સંદેશ) (બંધ કરો|ન મોકલો|મોકલશો નહીં)',
    alone: 'બંધ, રદ કરો',
    polite: 'કૃપા કરીને, મહેરબાની કરીને, આભાર',
    start: 'શરૂ કરો',
  },
  punjabi: {
    stop: 'ਬੰਦ ਕਰੋ, ਰੋਕੋ, (ਮੈਸੇਜ|ਸੁਨੇਹੇ) (ਬੰਦ ਕਰੋ|ਨਾ ਭੇਜੋ)',
    alone: 'ਬੰਦ, ਬਸ',
    polite: 'ਕਿਰਪਾ ਕਰਕੇ, ਧੰਨਵਾਦ',
    start: 'ਸ਼ੁਰੂ ਕਰੋ',
  },
  indonesianAndMalay: {
    stop: `berhenti, berhenti berlangganan, hentikan [pesan|promo|promosi|iklan|kiriman|mesej], stop [kirim|mengirim|hantar] (pesan|promo|promosi|iklan|mesej), (jangan|tolong jangan) (kirim|hantar|hubungi|ganggu|wa) [saya|pesan|mesej|pesan lagi|mesej lagi|saya lagi|lagi],
      unsub, berhenti langganan, nyahlanggan, hapus (saya|nomor saya|nombor saya) [dari daftar], tidak mau [menerima] (pesan|promo|iklan) [lagi], tak nak (mesej|promosi) [lagi], saya tidak mau (dihubungi|menerima pesan) [lagi]`,
    alone: 'batal, batalkan, henti, cukup, keluar, tutup, sudah cukup',
    perhaps: 'tidak tertarik, tidak berminat, tak minat, salah nomor, salah nombor, jangan ganggu',
    polite:
      'tolong, mohon, terima kasih, makasih, trims, silakan, sila, halo, hai, selamat pagi, selamat siang, ya, pak, bu, kak',
    start: 'mulai, mula, langganan, berlangganan, langgan',
  },
  filipino: {
    stop: 'itigil, itigil na, tigil, tigilan na, tigilan mo na ako, huwag na [kayong] (mag text|magpadala|mag message), wag na [kayong] (mag text|magpadala|mag message), ayoko na [ng] [messages|text]',
    alone: 'tama na, hinto, ayoko na',
    polite: 'paki, pakiusap, salamat, po, maraming salamat',
    start: 'simula, magsimula',
  },
  thai: {
    stop: 'หยุด, หยุดส่ง, หยุดส่งข้อความ, หยุดรับข้อความ, ยกเลิกการรับข้อความ, ยกเลิกรับข้อความ, ยกเลิกข่าวสาร, ยกเลิกการติดตาม, ยกเลิกสมัคร, เลิกส่ง, เลิกรับ, ไม่ต้องส่งมาอีก, ไม่ต้องส่งแล้ว, อย่าส่งมาอีก, ไม่รับข้อความ, ไม่ต้องการรับข้อความ',
    alone: 'ยกเลิก, พอ, พอแล้ว, เลิก',
    perhaps: 'ไม่สนใจ',
    polite: 'ครับ, ค่ะ, คะ, นะ, กรุณา, ขอบคุณ, ช่วย, โปรด, สวัสดี, ได้ไหม, ขอ, ด้วย',
    start: 'เริ่ม, สมัคร, รับข่าวสาร',
  },
  vietnamese: {
    stop: `dừng, dừng lại, dừng gửi tin, ngừng, ngừng gửi [tin] [nhắn], hủy đăng ký, huỷ đăng ký, hủy đăng kí, huỷ nhận tin, hủy nhận tin, từ chối nhận tin, không nhận tin [nữa], đừng (gửi|nhắn) [tin] [nhắn] [nữa], không muốn nhận [tin] [nhắn] [nữa], xóa tôi khỏi danh sách`,
    alone: 'hủy, huỷ, thôi, từ chối, tu choi, huy, dung',
    perhaps: 'không quan tâm, không cần, nhầm số, không cảm ơn',
    polite: 'xin, vui lòng, làm ơn, cảm ơn, cám ơn, xin chào, chào, ạ, nhé',
    start: 'bắt đầu, đăng ký, đăng kí, tiếp tục',
  },
  korean: {
    stop: '중지, 수신거부, 수신 거부, 수신중지, 수신 중지, 구독취소, 구독 취소, 구독해지, 구독 해지, 차단, 그만 보내, 그만보내, 문자 그만, 메시지 그만, 보내지 마, 보내지마, 보내지 말아',
    alone: '그만, 취소, 해지, 거부, 정지, 멈춰, 탈퇴, 스톱',
    perhaps: '관심 없, 관심없',
    polite:
      '해주세요, 해 주세요, 하세요, 합니다, 주세요, 부탁드립니다, 부탁합니다, 부탁해요, 제발, 감사합니다, 고맙습니다, 안녕하세요, 세요, 요, 해줘, 할게요, 바랍니다',
    start: '시작, 구독, 재개, 수신동의, 수신 동의',
  },
  japanese: {
    stop: '停止, 配信停止, 受信拒否, 配信解除, 購読解除, 登録解除, 退会, プロモーションを停止, 配信を停止, 送らないで, 送信しないで, もう送らないで, 連絡しないで, やめてください, メッセージを停止, メッセージを止めて, 配信不要, 配信を止めて, 不要です',
    alone: '解除, 中止, やめて, ストップ, キャンセル, 止めて, 不要, 拒否',
    perhaps: '興味ありません, 興味ない, 結構です, いりません, 迷惑',
    polite:
      'お願いします, お願い致します, お願いいたします, おねがいします, ください, 下さい, して, ありがとう, ありがとうございます, すみません, どうか, します, こんにちは, を, です, 希望, もう',
    start: '開始, 再開, 登録, 購読',
  },
  chinese: {
    stop: '停止, 停止发送, 停止發送, 停止推送, 退订, 退訂, 取消订阅, 取消訂閱, 取消关注, 不要再发, 不要再發, 别再发, 別再發, 不要发, 不要發, 不要再发信息, 不要再发送, 不要再发消息, 请勿再发, 請勿再發, 拒收, 不再接收, 不想收到, 不想再收到, 移除我, 取消接收, 别发了, 別發了, 停止訊息, 停止接收',
    alone: '取消, 停, 够了, 夠了, 终止, 終止, 暂停, 退出',
    perhaps: 'td, 不需要, 没兴趣, 沒興趣, 骚扰, 騷擾, 不感兴趣, 不用了, 打错了',
    polite:
      '请, 請, 谢谢, 謝謝, 多谢, 多謝, 麻烦, 麻煩, 您好, 你好, 了, 吧, 信息, 消息, 訊息, 短信, 给我, 給我, 谢谢您, 唔該, 我要, 我想',
    start: '开始, 開始, 订阅, 訂閱, 恢复, 恢復',
  },
  swahili: {
    stop: 'acha, acha kutuma, acheni kutuma, acha kunitumia [ujumbe|meseji], acheni kunitumia [ujumbe|meseji], simama, sitisha, jiondoe, niondoe [kwenye orodha], ondoa namba yangu, ghairi usajili, usinitumie [tena] [ujumbe|meseji], sitaki (ujumbe|meseji) [tena]',
    alone: 'komesha, koma, ghairi, basi, inatosha, sitaki',
    polite: 'tafadhali, asante, asanteni, habari, asante sana',
    start: 'anza, jiunge, endelea',
  },
  amharic: {
    stop: 'አቁም, አቁሙ, መልእክት አትላኩ, ከዝርዝር አውጡኝ',
    alone: 'ይቁም, በቃ',
    polite: 'እባክዎ, እባክህ, አመሰግናለሁ',
    start: 'ጀምር',
  },
  afrikaans: {
    stop: 'stop asseblief, hou op, hou op om (te stuur|boodskappe te stuur|my te boodskap), teken uit, skryf my uit, moenie [vir] my [weer] (stuur|boodskappe stuur|kontak) [nie], verwyder my [van] [die|julle] [lys]',
    alone: 'kanselleer, einde',
    polite: 'asseblief, dankie, baie dankie, hallo',
    start: 'begin, teken in',
  },
  catalan: {
    stop: "donar me de baixa, donar se de baixa, donam de baixa, doneu me de baixa, no vull (més missatges|rebre més missatges), no m'envieu més missatges",
    alone: 'atura, atureu, baixa, prou',
    polite: 'si us plau, sisplau, gràcies, moltes gràcies, bon dia',
    start: 'alta, subscriu me',
  },
} as const satisfies Record<string, LanguageWords>

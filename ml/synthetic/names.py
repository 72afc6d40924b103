"""Common first and last names and cities for fictional people, with accents, hyphens, apostrophes and long ones."""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN_FR = _names(
    "Marie Camille Léa Manon Chloé Emma Inès Jade Louise Zoé Élise Hélène Françoise Geneviève Océane Anaïs "
    "Marie-Thérèse Anne-Sophie Marie-Christine Maëlle Noémie Solène Aïcha Fatoumata Khadija Yasmine Nadège "
    "Véronique Béatrice Gwenaëlle Joséphine Marguerite Clémence Capucine Apolline Ségolène Mégane Rokia"
)
MEN_FR = _names(
    "Jean Lucas Hugo Théo Léo Raphaël Gaël Loïc Jérôme Sébastien François Frédéric Jean-Baptiste Jean-Christophe "
    "Pierre-Emmanuel Benoît Cédric Rémi Étienne Mathéo Maël Noël Aurélien Mamadou Karim Mehdi Ibrahim Tanguy "
    "Olivier Thierry Barthélemy Maximilien Anselme Gaëtan Régis Stéphane Yann Erwan"
)
WOMEN_EN = _names(
    "Emily Olivia Sophie Grace Charlotte Hannah Abigail Siobhán Niamh Zoë Chloe Priya Aisha Mary-Jane "
    "Anne-Marie Elizabeth Alexandra Bronwyn Rebecca Megan Imogen Florence Harriet Renée"
)
MEN_EN = _names(
    "James Oliver William Thomas Daniel Seán Pádraig Liam Rhys Callum Mohammed Arjun Christopher Bartholomew "
    "Alexander Jean-Luc Nathaniel Dylan Hamish Ruairí Owen George Samuel Zachary"
)
LAST_FR = _names(
    "Martin Bernard Dubois Petit Durand Leroy Moreau Lefèvre Fournier Girard Bonnet François Rousseau Faure "
    "Mercier Garnier Chevalier Lemaître Müller N'Diaye D'Almeida L'Hermitte O'Brien Dupré Lévêque Guérin Benoît "
    "Gonçalves Da-Silva Nguyễn Traoré Diallo Benali Haddad Saint-Martin Lefebvre-Desnoyers "
    "Montmorency-Beauchamp Châtelain Crépin Boulanger Delacroix-Vandenbergh Łukasik Hernández Çelik Brézé"
)
LAST_EN = _names(
    "Smith Jones Taylor Brown Davies Evans Wilson Thomas Roberts Walker Wright O'Neill O'Connor O'Sullivan "
    "MacDonald McCarthy D'Souza Fitzgerald-Hamilton Smith-Jones Featherstonehaugh Cholmondeley-Warner Ó-Briain "
    "Patel Khan Singh Okafor Adébáyò Nowak Björnsson Núñez Li Wu"
)
CITIES_FR = _names(
    "Paris Lyon Marseille Toulouse Nantes Strasbourg Montpellier Bordeaux Lille Rennes Reims Saint-Étienne "
    "Orléans Besançon Angers Nîmes Clermont-Ferrand Aix-en-Provence Villeneuve-d'Ascq Châlons-en-Champagne "
    "Liège Genève Évry-Courcouronnes L'Haÿ-les-Roses"
)
CITIES_EN = _names(
    "London Manchester Bristol Leeds Cardiff Dublin Cork Galway Edinburgh Belfast Newcastle-upon-Tyne "
    "Stratford-upon-Avon Birmingham Swansea"
)

FIRST_NAMES = {("fr", "F"): WOMEN_FR, ("fr", "M"): MEN_FR, ("en", "F"): WOMEN_EN, ("en", "M"): MEN_EN}
LAST_NAMES = {"fr": LAST_FR, "en": LAST_EN}
CITIES = {"fr": CITIES_FR, "en": CITIES_EN}

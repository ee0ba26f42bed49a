"""Words beside a food's name: those that say nothing new, and those that make another thing of it."""

from itcook.recipes.cookbook.words import stems

# How it looks, how it was cut, kept or sold. Colours are among them: where they matter, a name has them.
FILLERS = frozenset(
    stems(
        "fresh organic bio raw ripe large medium small big mini baby young whole half chopped diced sliced"
        " minced ground grated shredded peeled washed frozen chilled canned tinned dried cooked boiled roast"
        " roasted fried leftover homemade farm free-range local premium classic natural original extra fine"
        " boneless skinless lean tender sweet unsalted salted red green white yellow black brown"
        " pack packet package bag bottle can tin jar box tub carton bunch head slice piece bulb fillet filet"
        " breast steak kg ml gr lb oz of the and with in for from my our"
        " свежий спелый органический фермерский домашний молодой крупный средний мелкий большой маленький"
        " целый половина нарезанный рубленый тёртый очищенный мытый замороженный мороженый охлаждённый"
        " консервированный сушёный сухой молотый варёный отварной жареный печёный отборный натуральный"
        " классический красный зелёный белый жёлтый чёрный упаковка пачка пакет бутылка банка коробка пучок"
        " головка кусок кусочек ломтик штука филе стейк зелень кг гр мл шт для из на по"
    )
)

# A carton of juice, a pie, something that only tastes of it.
CHANGING = frozenset(
    stems(
        "juice nectar soup stew pie cake muffin chips crisps crackers cookies biscuits candy sweets bar jam"
        " jelly marmalade compote syrup drink soda tea coffee beer liqueur vodka salad pizza sandwich burger"
        " nuggets patty patties meatballs dumplings ravioli sauce dip dressing spread pudding dessert ice"
        " flavour flavoured flavor flavored taste style vegan plant substitute imitation free essence extract"
        " seeds leaves leaf peel zest skin bones powder food cat dog pate casserole lasagne"
        " сок нектар суп рагу пирог пирожок торт кекс чипсы крекер печенье конфеты батончик варенье джем желе"
        " мармелад компот сироп напиток чай кофе пиво ликёр водка салат пицца бутерброд бургер наггетсы"
        " котлеты тефтели пельмени вареники соус пудинг десерт вкус веганский растительный заменитель"
        " имитация экстракт семена семечки листья лист цедра кожура порошок корм паштет запеканка икра"
    )
)

using System.Globalization;
using System.Xml;
using Quorate.Contracts;

namespace Quorate.Charts;

/// <summary>Numbers and names as charts write them.</summary>
public static class Draw
{
    /// <summary>Width of a character of the charts' text, in user units, on the wide side.</summary>
    public const double CharWidth = 7.2;

    /// <summary>From here on scripts with characters of double width begin.</summary>
    private const char FirstWide = '\u1100';
    private const int LongestShort = 20;
    private const int Ending = 8;
    private const int LongestFull = 100;

    /// <summary>A coordinate: two decimals, a point whatever the culture.</summary>
    public static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A value with two decimals.</summary>
    public static string V(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>A value with two decimals and its sign.</summary>
    public static string Signed(double value) => value.ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);

    public static string Percent(double share) => $"{Math.Round(share * 100).ToString(CultureInfo.InvariantCulture)} %";

    /// <summary>A name in full, without what no XML document may hold.</summary>
    public static string Full(string name) => string.Concat(PlainText.Line(name, LongestFull).Where(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)));

    /// <summary>A name of at most twenty characters; of a longer one its beginning and its end, which is where models' names differ.</summary>
    public static string Short(string name)
    {
        var full = new StringInfo(Full(name));
        return full.LengthInTextElements <= LongestShort
            ? full.String
            : $"{full.SubstringByTextElements(0, LongestShort - Ending - 1)}…{full.SubstringByTextElements(full.LengthInTextElements - Ending)}";
    }

    /// <summary>Room for the longest of the names' short forms.</summary>
    public static double NameWidth(IEnumerable<string> names) => names.Select(n => Short(n).Sum(c => c < FirstWide ? CharWidth : 2 * CharWidth)).DefaultIfEmpty(0).Max();
}

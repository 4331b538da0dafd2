using Spectre.Console;

namespace Quorate.Cli.Views;

/// <summary>
/// A table that gives up what is needed least before it breaks a number or a name: first columns that may go, then the length of its
/// headings, then its lines. Cells and headings are markup.
/// </summary>
/// <param name="console">As wide as it says.</param>
/// <param name="lined">With lines, where there is room for them.</param>
internal sealed class FittedTable(IAnsiConsole console, bool lined)
{
    private const int Padding = 2;

    private readonly List<Column> _columns = [];
    private readonly List<string[]> _rows = [];

    /// <summary>A column of names.</summary>
    public FittedTable Name(string heading) => Add(new Column(heading, heading, IsNumber: false, Wraps: false, Goes: false));

    /// <summary>A column of words, which may take several lines.</summary>
    public FittedTable Text(string heading) => Add(new Column(heading, heading, IsNumber: false, Wraps: true, Goes: false));

    /// <param name="heading">As long as there is room.</param>
    /// <param name="brief">Instead of it where there is none.</param>
    public FittedTable Number(string heading, string? brief = null) => Add(new Column(heading, brief ?? heading, IsNumber: true, Wraps: false, Goes: false));

    /// <summary>A column that can be left out.</summary>
    public FittedTable Extra(string heading) => Add(new Column(heading, heading, IsNumber: true, Wraps: false, Goes: true));

    public void Row(params string[] cells) => _rows.Add(cells);

    public void Write()
    {
        var width = console.Profile.Width;
        var all = Enumerable.Range(0, _columns.Count).ToList();
        var needed = all.Where(i => !_columns[i].Goes).ToList();
        (List<int> Columns, bool Brief, bool Lines)[] ways = lined ? [(all, false, true), (needed, false, true), (needed, true, true), (needed, true, false)] : [(all, false, false), (needed, true, false)];
        var way = Array.Find(ways, w => WidthOf(w.Columns, w.Brief, w.Lines) <= width);
        var (columns, brief, lines) = way.Columns is null ? ways[^1] : way;
        var table = new Table { Border = lines ? TableBorder.Rounded : TableBorder.None };
        table.BorderColor(Color.Grey);
        foreach (var column in columns.Select(i => _columns[i]))
        {
            table.AddColumn(new TableColumn($"[grey]{(brief ? column.Brief : column.Heading)}[/]") { NoWrap = !column.Wraps, Alignment = column.IsNumber ? Justify.Right : Justify.Left });
        }

        foreach (var row in _rows)
        {
            table.AddRow([.. columns.Select(i => row[i])]);
        }

        console.Write(table);
    }

    private FittedTable Add(Column column)
    {
        _columns.Add(column);
        return this;
    }

    /// <summary>Characters without breaking a word.</summary>
    private int WidthOf(List<int> columns, bool brief, bool lines) =>
        columns.Sum(i => Padding + _rows.Select(r => WidthOf(r[i], _columns[i].Wraps)).Append(WidthOf(brief ? _columns[i].Brief : _columns[i].Heading, _columns[i].Wraps)).Max()) + (lines ? columns.Count + 1 : 0);

    private static int WidthOf(string markup, bool wraps)
    {
        var text = Markup.Remove(markup);
        return wraps ? text.Split(' ').Max(word => word.Length) : text.Length;
    }

    private sealed record Column(string Heading, string Brief, bool IsNumber, bool Wraps, bool Goes);
}

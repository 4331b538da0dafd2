namespace Quorate.Protocol.Hierarchy;

/// <summary>
/// Gives each row at most one column and each column at most one row so that the sum of the weights is largest: the Hungarian method as
/// shortest augmenting paths with potentials (Jonker and Volgenant, "A shortest augmenting path algorithm for dense and sparse linear
/// assignment problems", Computing 38, 1987; rectangular as Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES
/// 52(4), 2016). O(rows² · columns) time. A row may stay without a column: it has one of its own that weighs 0.
/// </summary>
public static class LinearAssignment
{
    /// <summary>Marks a pair that must not be formed.</summary>
    public const double Forbidden = double.NegativeInfinity;

    public const int None = -1;

    /// <summary>Most entries of a table, for its memory (8 bytes each).</summary>
    public const int MaxEntries = 16_000_000;

    /// <param name="weights">Rows × columns; finite and 0 or more, or <see cref="Forbidden"/>.</param>
    /// <returns>The column of each row, or <see cref="None"/>.</returns>
    /// <exception cref="ArgumentException">A weight is NaN, negative or infinite, or there are more than <see cref="MaxEntries"/>.</exception>
    public static int[] Best(double[,] weights)
    {
        Check(weights);
        var search = new Search(weights);
        for (var row = 0; row < weights.GetLength(0); row++)
        {
            search.Augment(row);
        }

        return search.ColumnOf;
    }

    /// <summary>The greedy rule: rows in the given order, each takes the heaviest column that is left, the first of equals.</summary>
    /// <returns>The column of each row, or <see cref="None"/>.</returns>
    public static int[] Greedy(double[,] weights, IEnumerable<int> order)
    {
        Check(weights);
        var columnOf = Enumerable.Repeat(None, weights.GetLength(0)).ToArray();
        var taken = new bool[weights.GetLength(1)];
        foreach (var row in order)
        {
            var best = None;
            for (var column = 0; column < taken.Length; column++)
            {
                if (!taken[column] && weights[row, column] != Forbidden && (best == None || weights[row, column] > weights[row, best]))
                {
                    best = column;
                }
            }

            if (best != None)
            {
                (columnOf[row], taken[best]) = (best, true);
            }
        }

        return columnOf;
    }

    public static double Value(double[,] weights, int[] columnOf) => columnOf.Select((column, row) => column == None ? 0 : weights[row, column]).Sum();

    private static void Check(double[,] weights)
    {
        if (weights.Length > MaxEntries)
        {
            throw new ArgumentException($"{weights.Length} weights; at most {MaxEntries} are allowed", nameof(weights));
        }

        foreach (var weight in weights)
        {
            if (weight != Forbidden && !(weight >= 0 && double.IsFinite(weight)))
            {
                throw new ArgumentException($"the weight {weight} is not allowed; 0 or more, or Forbidden", nameof(weights));
            }
        }
    }

    private sealed class Search
    {
        private readonly int _columns;

        /// <summary>Costs, the negative weights, row by row.</summary>
        private readonly double[] _costs;
        private readonly double[] _rowPotential;
        private readonly double[] _columnPotential;
        private readonly int[] _rowOf;
        private readonly double[] _distance;
        private readonly int[] _before;
        private readonly int[] _open;
        private readonly int[] _closed;

        public Search(double[,] weights)
        {
            var rows = weights.GetLength(0);
            _columns = weights.GetLength(1);
            _costs = new double[weights.Length];
            var at = 0;
            foreach (var weight in weights)
            {
                _costs[at++] = -weight;
            }

            (_rowPotential, _columnPotential) = (new double[rows], new double[_columns]);
            (_distance, _before, _open, _closed) = (new double[_columns], new int[_columns], new int[_columns], new int[_columns]);
            ColumnOf = [.. Enumerable.Repeat(None, rows)];
            _rowOf = [.. Enumerable.Repeat(None, _columns)];
        }

        public int[] ColumnOf { get; }

        public void Augment(int start)
        {
            Array.Fill(_distance, double.PositiveInfinity);
            for (var column = 0; column < _columns; column++)
            {
                _open[column] = column;
            }

            var (open, closed, row, length) = (_columns, 0, start, 0.0);
            // The row that would end the path in its own column, and the length of that path.
            var (idle, idleLength) = (start, double.PositiveInfinity);
            var end = None;
            while (true)
            {
                if (length - _rowPotential[row] is var alone && alone < idleLength)
                {
                    (idle, idleLength) = (row, alone);
                }

                var nearest = Scan(row, length, open);
                if (nearest == None || idleLength < _distance[_open[nearest]])
                {
                    length = idleLength;
                    break;
                }

                var column = _open[nearest];
                length = _distance[column];
                if (_rowOf[column] == None)
                {
                    end = column;
                    break;
                }

                row = _rowOf[column];
                _closed[closed++] = column;
                _open[nearest] = _open[--open];
            }

            Shift(start, length, closed);
            Flip(start, end, idle);
        }

        /// <summary>Shortens the open columns' distances by way of a row.</summary>
        /// <returns>Where the nearest one stands among the open; None if none can be reached.</returns>
        private int Scan(int row, double length, int open)
        {
            var costs = _costs.AsSpan(row * _columns, _columns);
            var offset = length - _rowPotential[row];
            var (nearest, shortest) = (None, double.PositiveInfinity);
            for (var i = 0; i < open; i++)
            {
                var column = _open[i];
                var distance = offset + costs[column] - _columnPotential[column];
                if (distance < _distance[column])
                {
                    (_distance[column], _before[column]) = (distance, row);
                }

                // Of equally near columns a free one ends the search.
                if (_distance[column] < shortest || (_distance[column] == shortest && nearest != None && _rowOf[column] == None))
                {
                    (nearest, shortest) = (i, _distance[column]);
                }
            }

            return nearest;
        }

        private void Shift(int start, double length, int closed)
        {
            _rowPotential[start] += length;
            for (var i = 0; i < closed; i++)
            {
                var column = _closed[i];
                _rowPotential[_rowOf[column]] += length - _distance[column];
                _columnPotential[column] -= length - _distance[column];
            }
        }

        /// <summary>Walks the path back from its end and gives each row on it its new column.</summary>
        private void Flip(int start, int end, int idle)
        {
            var column = end;
            if (column == None)
            {
                (column, ColumnOf[idle]) = (ColumnOf[idle], None);
                if (idle == start)
                {
                    return;
                }
            }

            while (true)
            {
                var row = _before[column];
                _rowOf[column] = row;
                (column, ColumnOf[row]) = (ColumnOf[row], column);
                if (row == start)
                {
                    return;
                }
            }
        }
    }
}
